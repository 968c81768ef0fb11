import type { LiveProperty } from "./live_properties.ts";
import { DAV, type PropfindRequest } from "./propfind_request.ts";
import type { Resource } from "./resource.ts";
import type { QualifiedName } from "./xml_reader.ts";
import { escapeText } from "./xml_text.ts";

const HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
const END = "</D:multistatus>\n";
const FOUND_STATUS = "<D:status>HTTP/1.1 200 OK</D:status>";
const MISSING_STATUS = "<D:status>HTTP/1.1 404 Not Found</D:status>";

/** A property that is asked for: what begins and ends it, and its value. */
interface AskedProperty {
  readonly open: string;
  readonly close: string;
  /** Without content, for those who do not have it. */
  readonly empty: string;
  readonly value: LiveProperty["value"];
}

/** Writes the answer to a PROPFIND, response by response (RFC 4918 sections 13 and 14). */
export class MultistatusWriter {
  readonly #asked: readonly AskedProperty[];
  readonly #namesOnly: boolean;
  /** Whether those that a resource does not have are named, with 404. */
  readonly #tellsMissing: boolean;

  constructor(request: PropfindRequest, properties: readonly LiveProperty[]) {
    this.#namesOnly = request.kind === "propname";
    this.#tellsMissing = request.kind === "prop";
    this.#asked = askedNames(request, properties).map((name) => askedProperty(name, properties));
  }

  /** The document in small pieces. */
  *write(resources: Iterable<Resource>): Generator<string, undefined> {
    yield HEAD;
    for (const resource of resources) yield this.#response(resource);
    yield END;
  }

  #response(resource: Resource): string {
    let found = "";
    let missing = "";
    for (const { open, close, empty, value } of this.#asked) {
      const content = value(resource);
      if (content === undefined) missing += empty;
      else if (content === "" || this.#namesOnly) found += empty;
      else found += open + content + close;
    }
    const isAnythingMissing = missing !== "" && this.#tellsMissing;
    // RFC 4918 section 14.24: a response has at least one propstat, be it without a property.
    const foundStat = found === "" && isAnythingMissing ? "" : propstat(found, FOUND_STATUS);
    const missingStat = isAnythingMissing ? propstat(missing, MISSING_STATUS) : "";
    // An href needs no escaping: all that XML minds is percent-encoded.
    return `<D:response><D:href>${resource.href}</D:href>${foundStat}${missingStat}</D:response>\n`;
  }
}

function propstat(properties: string, status: string): string {
  const prop = properties === "" ? "<D:prop/>" : `<D:prop>${properties}</D:prop>`;
  return `<D:propstat>${prop}${status}</D:propstat>`;
}

function askedNames(
  request: PropfindRequest,
  properties: readonly LiveProperty[],
): readonly QualifiedName[] {
  switch (request.kind) {
    case "propname":
    case "allprop":
      return properties;
    case "prop":
      return request.names;
  }
}

function askedProperty(asked: QualifiedName, properties: readonly LiveProperty[]): AskedProperty {
  const { namespace, name } = asked;
  const live = properties.find((other) => other.namespace === namespace && other.name === name);
  const tag = namespace === DAV ? `D:${name}` : name;
  const declaration = namespace === DAV ? "" : ` xmlns="${escapeText(namespace)}"`;
  return {
    open: `<${tag}${declaration}>`,
    close: `</${tag}>`,
    empty: `<${tag}${declaration}/>`,
    value: (resource) => live?.value(resource),
  };
}
