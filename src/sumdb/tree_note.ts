import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatHash, parseHash } from "./hash.ts";
import { MAX_NOTE_SIZE } from "./note.ts";
import { asBuffer, decodeText, isPlainText } from "./text.ts";
import { MAX_TREE_SIZE, type Tree } from "./tlog.ts";

const TREE_TITLE = "go.sum database tree";

/** A record of the log and what follows it in a look-up's answer: the signed tree. */
export interface ParsedRecord {
  readonly id: number;
  /** go.sum lines, each ending in a newline. */
  readonly text: Uint8Array;
  readonly rest: Uint8Array;
}

/**
 * Formats the description of a tree that a server signs: three lines, as golang.org/x/mod/sumdb/tlog.FormatTree.
 */
export function formatTree(tree: Tree): string {
  return `${TREE_TITLE}\n${tree.size}\n${formatHash(tree.hash)}\n`;
}

/**
 * Parses the description of a tree. Lines after the third are for versions to come and ignored.
 *
 * @throws GomodfsError `PROTOCOL` if it is malformed or larger than {@linkcode MAX_TREE_SIZE}
 */
export function parseTree(text: string): Tree {
  const [title, decimal = "", base64 = "", rest] = text.split("\n", 4);
  const size = Number(decimal);
  const hash = parseHash(base64);
  const isCanonical = /^(?:0|[1-9][0-9]*)$/.test(decimal) && size <= MAX_TREE_SIZE;
  if (title !== TREE_TITLE || rest === undefined || !isCanonical || hash === undefined) {
    throw new GomodfsError("PROTOCOL", "malformed tree note");
  }
  if (Buffer.byteLength(text) > MAX_NOTE_SIZE)
    throw new GomodfsError("PROTOCOL", "malformed tree note");
  return { size, hash };
}

/**
 * Formats a record for the answer to a look-up: its number, its text and a blank line, as
 * golang.org/x/mod/sumdb/tlog.FormatRecord.
 *
 * @throws GomodfsError `PROTOCOL` if the text is not valid
 */
export function formatRecord(id: number, text: Uint8Array): Uint8Array {
  if (!isValidRecordText(text)) throw malformedRecord();
  return Buffer.concat([Buffer.from(`${id}\n`), text, Buffer.from("\n")]);
}

/**
 * Parses a record at the start of `message`, up to its blank line.
 *
 * @throws GomodfsError `PROTOCOL` if it is malformed
 */
export function parseRecord(message: Uint8Array): ParsedRecord {
  const buffer = asBuffer(message);
  const idEnd = buffer.indexOf("\n");
  if (idEnd < 0) throw malformedRecord();
  const id = parseRecordId(buffer.toString("latin1", 0, idEnd));
  const blankLine = buffer.indexOf("\n\n", idEnd + 1);
  if (blankLine < 0) throw malformedRecord();
  const text = message.subarray(idEnd + 1, blankLine + 1);
  if (!isValidRecordText(text)) throw malformedRecord();
  return { id, text, rest: message.subarray(blankLine + 2) };
}

/** The lines of a record's text, without their newlines. */
export function recordLines(text: Uint8Array): string[] {
  return decodeText(text).split("\n").slice(0, -1);
}

/** A signed decimal number, as strconv.ParseInt reads it. That no tree has negative records is another question. */
function parseRecordId(decimal: string): number {
  const id = Number(decimal);
  if (!/^[+-]?[0-9]+$/.test(decimal) || !Number.isSafeInteger(id)) throw malformedRecord();
  return id;
}

/** Whether `text` is plain, ends in a newline and has no blank lines. */
function isValidRecordText(text: Uint8Array): boolean {
  const buffer = asBuffer(text);
  return isPlainText(text) && text.at(-1) === 0x0a && !buffer.includes("\n\n");
}

function malformedRecord(): GomodfsError {
  return new GomodfsError("PROTOCOL", "malformed record data");
}
