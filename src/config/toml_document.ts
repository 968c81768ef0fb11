import { type AST, ParseError, parseTOML } from "toml-eslint-parser";

/** A value of a TOML file; tables have no prototype, so that any key is an ordinary one. */
export type TomlValue = string | number | boolean | Date | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

/** Keys, and indices of arrays, from the top of a file to a value. */
export type TomlPath = readonly (string | number)[];

/** A place in a file, both counted from 1; columns are UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with the text of a file. */
export interface TomlError {
  readonly position: Position;
  readonly message: string;
}

/** Far more settings than there are; it keeps whoever names the wrong file from waiting. */
const MAX_LENGTH = 256 * 1024;
const MAX_DEPTH = 16;
const START: Position = { line: 1, column: 1 };

/** The values of a TOML 1.0 file, and where each of them stands. */
export class TomlDocument {
  readonly root: TomlTable = emptyTable();
  readonly #keys = new Map<string, Position>();
  readonly #values = new Map<string, Position>();
  #error: TomlError | undefined;

  private constructor(top: AST.TOMLTopLevelTable) {
    for (const node of top.body) {
      if (node.type === "TOMLTable") this.#addTable(node);
      else this.#addKeyValue([], node, this.root);
    }
  }

  /** Reads a text; only the first error of its syntax is known, as nothing behind it can be trusted. */
  static parse(text: string): TomlDocument | TomlError {
    if (text.length > MAX_LENGTH) {
      return { position: START, message: `the file is longer than ${MAX_LENGTH} characters` };
    }
    try {
      const [top] = parseTOML(text, { tomlVersion: "1.0" }).body;
      const document = new TomlDocument(top);
      return document.#error ?? document;
    } catch (error) {
      if (error instanceof ParseError) return syntaxError(error);
      if (error instanceof RangeError) return tooDeep(START);
      throw error;
    }
  }

  /** Where a key stands, or the header of a table; for an element of an array where the element stands. */
  keyPosition(path: TomlPath): Position | undefined {
    return this.#keys.get(pathKey(path)) ?? this.#values.get(pathKey(path));
  }

  /** Where a value stands; for a table with a header where the header stands. */
  valuePosition(path: TomlPath): Position | undefined {
    return this.#values.get(pathKey(path)) ?? this.#keys.get(pathKey(path));
  }

  #addTable(node: AST.TOMLTable): void {
    const path = node.resolvedKey;
    if (this.#isTooDeep(path, node)) return;
    this.#noteKeys(path, node.key);
    const table = tableAt(this.root, path);
    for (const keyValue of node.body) this.#addKeyValue(path, keyValue, table);
  }

  #addKeyValue(base: TomlPath, node: AST.TOMLKeyValue, parent: TomlTable): void {
    const names = node.key.keys.map(nameOf);
    const path = [...base, ...names];
    if (this.#isTooDeep(path, node)) return;
    this.#noteKeys(path, node.key);
    const table = tableAt(parent, names.slice(0, -1));
    table[names.at(-1) ?? ""] = this.#value(path, node.value);
  }

  #value(path: TomlPath, node: AST.TOMLContentNode): TomlValue {
    if (this.#isTooDeep(path, node)) return "";
    this.#values.set(pathKey(path), positionOf(node));
    switch (node.type) {
      case "TOMLValue":
        return node.value;
      case "TOMLArray":
        return node.elements.map((element, index) => this.#value([...path, index], element));
      case "TOMLInlineTable": {
        const table = emptyTable();
        for (const keyValue of node.body) this.#addKeyValue(path, keyValue, table);
        return table;
      }
    }
  }

  /** The keys of a header or of a dotted key stand for the last names of its path, indices left out. */
  #noteKeys(path: TomlPath, { keys }: AST.TOMLKey): void {
    let remaining = keys.length;
    for (let length = path.length; length > 0 && remaining > 0; length--) {
      if (typeof path[length - 1] === "number") continue;
      remaining -= 1;
      const node = keys[remaining];
      const key = pathKey(path.slice(0, length));
      if (node !== undefined && !this.#keys.has(key)) this.#keys.set(key, positionOf(node));
    }
  }

  #isTooDeep(path: TomlPath, node: AST.TOMLNode): boolean {
    if (path.length <= MAX_DEPTH) return false;
    this.#error ??= tooDeep(positionOf(node));
    return true;
  }
}

function syntaxError({ lineNumber, column, message }: ParseError): TomlError {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  return { position: { line: lineNumber, column: column + 1 }, message: text };
}

function tooDeep(position: Position): TomlError {
  return { position, message: `nested more than ${MAX_DEPTH} deep` };
}

function positionOf({ loc: { start } }: AST.TOMLNode): Position {
  return { line: start.line, column: start.column + 1 };
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function pathKey(path: TomlPath): string {
  return JSON.stringify(path);
}

/** A table in which `__proto__` is a key like any other. */
export function emptyTable(): TomlTable {
  const table: TomlTable = {};
  Reflect.setPrototypeOf(table, null);
  return table;
}

/** The table at a path, with all tables and arrays on the way made where they are missing. */
export function tableAt(root: TomlTable, path: TomlPath): TomlTable {
  let place: TomlTable | TomlValue[] = root;
  for (const [index, step] of path.entries()) {
    const found: TomlValue | undefined = elementOf(place, step);
    if (found !== undefined && typeof found === "object" && !(found instanceof Date)) {
      place = found;
      continue;
    }
    const made: TomlTable | TomlValue[] = typeof path[index + 1] === "number" ? [] : emptyTable();
    if (Array.isArray(place)) place.push(made);
    else place[String(step)] = made;
    place = made;
  }
  return Array.isArray(place) ? emptyTable() : place;
}

/** The value at a path; undefined if there is none. */
export function valueAt(root: TomlTable, path: TomlPath): TomlValue | undefined {
  let value: TomlValue | undefined = root;
  for (const step of path) {
    if (typeof value !== "object" || value instanceof Date) return undefined;
    value = elementOf(value, step);
  }
  return value;
}

function elementOf(place: TomlTable | TomlValue[], step: string | number): TomlValue | undefined {
  if (!Array.isArray(place)) return place[String(step)];
  return typeof step === "number" ? place[step] : undefined;
}
