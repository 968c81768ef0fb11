import type { QualifiedName } from "./xml_reader.ts";

/** Which namespace each prefix stands for; that of "" is the default. */
export type NamespaceScope = ReadonlyMap<string, string>;

/** https://www.w3.org/TR/xml-names/ section 3: the one prefix that needs no declaration. */
export const rootScope: NamespaceScope = new Map([["xml", "http://www.w3.org/XML/1998/namespace"]]);

const NAME_START =
  "A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}";
/** NCName of the same specification, which is a Name of XML 1.0 section 2.3 without a colon. */
const LOCAL_NAME = new RegExp(
  `^[${NAME_START}][${NAME_START}\\-.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}]*$`,
  "u",
);

/**
 * The scope within an element of these attributes; undefined if one of them declares what may not be declared: no
 * namespace for a prefix (https://www.w3.org/TR/xml-names/ section 2.2).
 */
export function declareNamespaces(
  outer: NamespaceScope,
  attributes: ReadonlyMap<string, string>,
): NamespaceScope | undefined {
  let scope: Map<string, string> | undefined;
  for (const [name, value] of attributes) {
    const prefix = declaredPrefix(name);
    if (prefix === undefined) continue;
    if (prefix !== "" && value === "") return undefined;
    scope ??= new Map(outer);
    scope.set(prefix, value);
  }
  return scope ?? outer;
}

function declaredPrefix(attribute: string): string | undefined {
  if (attribute === "xmlns") return "";
  return attribute.startsWith("xmlns:") ? attribute.slice("xmlns:".length) : undefined;
}

/** What an element's tag names; undefined if it is no name, or its prefix stands for nothing. */
export function resolveName(scope: NamespaceScope, tag: string): QualifiedName | undefined {
  const colon = tag.indexOf(":");
  const prefix = tag.slice(0, Math.max(0, colon));
  const name = tag.slice(colon + 1);
  const namespace = prefix === "" && colon < 0 ? (scope.get("") ?? "") : scope.get(prefix);
  if (namespace === undefined || (colon >= 0 && prefix === "") || !LOCAL_NAME.test(name)) {
    return undefined;
  }
  return { namespace, name };
}
