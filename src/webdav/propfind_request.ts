import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type QualifiedName, readXml, type XmlElement } from "./xml_reader.ts";

/** The namespace of WebDAV's own names (RFC 4918 section 21.1). It is no URL. */
export const DAV = "DAV:";

/** What a PROPFIND asks for (RFC 4918 section 9.1). */
export type PropfindRequest =
  /** All properties, and those `included` that "all" leaves out. */
  | { readonly kind: "allprop"; readonly included: readonly QualifiedName[] }
  /** The names of the properties that there are. */
  | { readonly kind: "propname" }
  | { readonly kind: "prop"; readonly names: readonly QualifiedName[] };

/** Each is answered for each resource, so that a short question could have a very long answer. Office asks for 20. */
const MAXIMUM_PROPERTIES = 100;

/**
 * Reads the body of a PROPFIND; none asks for all properties.
 *
 * @throws GomodfsError `INVALID` for a body that is not one
 */
export function parsePropfind(body: Uint8Array): PropfindRequest {
  if (body.length === 0) return { kind: "allprop", included: [] };
  const root = readXml(body);
  if (!isDav(root, "propfind")) throw new GomodfsError("INVALID", "the body is not DAV:propfind");
  const asked = root.children.filter(
    (child) => isDav(child, "allprop") || isDav(child, "propname") || isDav(child, "prop"),
  );
  const [question] = asked;
  if (question === undefined || asked.length > 1) {
    throw new GomodfsError("INVALID", "DAV:propfind has not one of allprop, propname and prop");
  }
  if (question.name === "propname") return { kind: "propname" };
  if (question.name === "prop") return { kind: "prop", names: namesIn(question) };
  const include = root.children.find((child) => isDav(child, "include"));
  return { kind: "allprop", included: include === undefined ? [] : namesIn(include) };
}

function isDav({ namespace, name }: QualifiedName, expected: string): boolean {
  return namespace === DAV && name === expected;
}

function namesIn({ children }: XmlElement): QualifiedName[] {
  const names = new Map(
    children.map(({ namespace, name }) => [`${namespace} ${name}`, { namespace, name }]),
  );
  if (names.size > MAXIMUM_PROPERTIES) {
    throw new GomodfsError("INVALID", `it asks for more than ${MAXIMUM_PROPERTIES} properties`);
  }
  return [...names.values()];
}
