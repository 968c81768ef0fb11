import { FILE_TIME } from "../tree/file_time.ts";
import { contentType } from "./content_type.ts";
import type { EntityTags } from "./entity_tag.ts";
import { DAV } from "./propfind_request.ts";
import type { Resource } from "./resource.ts";
import type { QualifiedName } from "./xml_reader.ts";
import { escapeText } from "./xml_text.ts";

/** A property that the server knows by itself. There are no others: nothing can be written (RFC 4918 section 15). */
export interface LiveProperty extends QualifiedName {
  /** Its value as XML, in which `D:` is WebDAV's namespace; undefined for what has no such property. */
  value(resource: Resource): string | undefined;
}

/** Whether a file may be run; davfs2 sets permission bits by it (mod_dav_fs of Apache invented it). */
const APACHE = "http://apache.org/dav/props/";
const DATE = new Date(FILE_TIME * 1000);
/** As RFC 3339 spells it. */
const CREATION_DATE = DATE.toISOString().replace(".000Z", "Z");
/** As RFC 9110 section 5.6.7 spells it. */
export const LAST_MODIFIED: string = DATE.toUTCString();

/** The properties that resources have. */
export function liveProperties(tags: EntityTags): readonly LiveProperty[] {
  return [
    dav("resourcetype", ({ stat }) => (stat.kind === "directory" ? "<D:collection/>" : "")),
    dav("displayname", ({ name }) => escapeText(name)),
    dav("creationdate", () => CREATION_DATE),
    dav("getlastmodified", () => LAST_MODIFIED),
    ofFile(DAV, "getcontentlength", ({ stat }) => String(stat.size)),
    ofFile(DAV, "getcontenttype", ({ name }) => contentType(name)),
    ofFile(DAV, "getetag", ({ node }) => {
      const tag = tags.of(node);
      return tag === undefined ? undefined : escapeText(tag);
    }),
    ofFile(APACHE, "executable", ({ stat }) => (stat.executable ? "T" : "F")),
  ];
}

function dav(name: string, value: LiveProperty["value"]): LiveProperty {
  return { namespace: DAV, name, value };
}

function ofFile(namespace: string, name: string, value: LiveProperty["value"]): LiveProperty {
  return {
    namespace,
    name,
    value: (resource) => (resource.stat.kind === "file" ? value(resource) : undefined),
  };
}
