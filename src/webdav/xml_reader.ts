import { XMLParser } from "fast-xml-parser";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  declareNamespaces,
  type NamespaceScope,
  resolveName,
  rootScope,
} from "./xml_namespaces.ts";

/** The name of an element or property: a namespace, "" for none, and a name without a prefix. */
export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}

/** An element without its text and its attributes, which mean nothing in a request that only asks. */
export interface XmlElement extends QualifiedName {
  readonly children: readonly XmlElement[];
}

/** What fast-xml-parser gives in the order of the document: one key is the tag's name, `:@` has the attributes. */
type ParsedNode = Readonly<Record<string, unknown>>;

/** A PROPFIND is three levels deep; what else is in it is passed over (RFC 4918 section 17). */
const MAXIMUM_DEPTH = 32;
const ATTRIBUTES = ":@";
const ATTRIBUTE_PREFIX = "@_";

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  parseTagValue: false,
  trimValues: false,
  // Character references and the entities that XML itself defines. Others can come only from a DOCTYPE, which is refused.
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MAXIMUM_DEPTH,
});

/**
 * Reads an XML document of a few kilobytes (the caller bounds it) with its namespaces. A document type is refused, and
 * with it every entity and every reference to other files (RFC 4918 section 20.6).
 *
 * @throws GomodfsError `INVALID` for what is not well-formed
 */
export function readXml(body: Uint8Array): XmlElement {
  const text = decode(body);
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw malformed("it has a document type");
  const elements = parse(text).filter((node) => tagName(node) !== undefined);
  const [root] = elements;
  if (root === undefined || elements.length > 1) throw malformed("it has not one root element");
  return toElement(root, rootScope);
}

/** UTF-8, or UTF-16 with its byte order mark (XML 1.0 section 4.3.3). */
function decode(body: Uint8Array): string {
  const [first, second] = body;
  const isUtf16 = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
  const encoding = isUtf16 ? (first === 0xfe ? "utf-16be" : "utf-16le") : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch (cause) {
    throw malformed(`it is not ${encoding.toUpperCase()}`, cause);
  }
}

function parse(text: string): readonly ParsedNode[] {
  try {
    const nodes: unknown = parser.parse(text, true);
    return nodesOf(nodes);
  } catch (cause) {
    throw malformed(cause instanceof Error ? shorten(cause.message) : "it cannot be read", cause);
  }
}

function toElement(node: ParsedNode, outer: NamespaceScope): XmlElement {
  const tag = tagName(node);
  if (tag === undefined) throw malformed("an element has no name");
  const scope = declareNamespaces(outer, attributesOf(node));
  const qualified = scope && resolveName(scope, tag);
  if (scope === undefined || qualified === undefined) {
    throw malformed(`the name ${shorten(tag)} has no namespace`);
  }
  const children = nodesOf(node[tag]).filter((child) => tagName(child) !== undefined);
  return { ...qualified, children: children.map((child) => toElement(child, scope)) };
}

function tagName(node: ParsedNode): string | undefined {
  return Object.keys(node).find((key) => key !== ATTRIBUTES && key !== "#text");
}

function attributesOf(node: ParsedNode): ReadonlyMap<string, string> {
  const attributes = node[ATTRIBUTES];
  if (!isRecord(attributes)) return new Map();
  return new Map(
    Object.entries(attributes).map(([name, value]) => [
      name.slice(ATTRIBUTE_PREFIX.length),
      String(value),
    ]),
  );
}

function nodesOf(value: unknown): readonly ParsedNode[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is ParsedNode {
  return typeof value === "object" && value !== null;
}

/** The parser repeats what it was given. */
function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function malformed(why: string, cause?: unknown): GomodfsError {
  return new GomodfsError("INVALID", `the request's body is not XML that can be read: ${why}`, {
    cause,
  });
}
