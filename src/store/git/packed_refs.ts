import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { asBuffer, OBJECT_ID_LENGTH, type ObjectId, parseObjectId } from "./object_id.ts";

const HEADER = "# pack-refs with: peeled fully-peeled sorted \n";
const HASH = 0x23;
const CARET = 0x5e;
const NEWLINE = 0x0a;
const NAME_OFFSET = 2 * OBJECT_ID_LENGTH + 1;

/** One line of packed-refs and the `^` line that may follow it. */
interface PackedRef {
  /** Full name; one character a byte, so that strings are ordered as git orders names. */
  readonly name: string;
  readonly id: ObjectId;
  /** The lines as they are, with their newlines. */
  readonly lines: string;
}

/**
 * The file packed-refs (git-pack-refs, refs/packed-backend.c). It stays the one buffer that it is on disk and is searched
 * by halves, so that 30,000 refs cost 3 MB and no time to open.
 */
export class PackedRefs {
  readonly #bytes: Buffer;

  /**
   * @param bytes the file; empty if there is none
   * @throws GomodfsError `STORE` if it is damaged
   */
  constructor(bytes: Uint8Array) {
    const buffer = asBuffer(bytes);
    if (buffer.length > 0 && buffer.at(-1) !== NEWLINE) throw damaged("its last line has no end");
    this.#bytes = isSorted(buffer) ? buffer : sort(buffer);
  }

  /** Bytes of the file, comments left out. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** The value of the ref of this full name. */
  get(name: string): ObjectId | undefined {
    const { start, end } = this.#find(name);
    return start < end ? idAt(this.#bytes, start) : undefined;
  }

  /** Names that begin with `prefix`, in order. */
  *names(prefix: string): Generator<string, undefined> {
    for (const ref of this.#refs()) {
      if (ref.name.startsWith(prefix)) yield ref.name;
    }
  }

  /** All refs, in order. */
  *entries(): Generator<{ readonly name: string; readonly id: ObjectId }, undefined> {
    yield* this.#refs();
  }

  /**
   * The file's content after a change.
   *
   * @param changes new values; undefined removes the ref
   */
  with(changes: ReadonlyMap<string, ObjectId | undefined>): Buffer {
    const sorted = [...changes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const pieces: Buffer[] = [];
    let copied = 0;
    for (const [name, id] of sorted) {
      const { start, end } = this.#find(name);
      pieces.push(this.#bytes.subarray(copied, start));
      if (id !== undefined) pieces.push(Buffer.from(`${id} ${name}\n`, "latin1"));
      copied = end;
    }
    pieces.push(this.#bytes.subarray(copied));
    return Buffer.concat(
      this.#bytes.length > 0 ? pieces : [Buffer.from(HEADER, "latin1"), ...pieces],
    );
  }

  /** The lines of a ref; where they would be, if there is none of this name. */
  #find(name: string): { readonly start: number; readonly end: number } {
    const wanted = Buffer.from(name, "latin1");
    let low = 0;
    let high = this.#bytes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const line = lineStart(this.#bytes, middle, low);
      const start = skipOtherLines(this.#bytes, line);
      if (start >= high) {
        high = line;
        continue;
      }
      const end = refEnd(this.#bytes, start);
      const order = this.#bytes.compare(wanted, 0, wanted.length, start + NAME_OFFSET, end);
      if (order === 0) return { start, end: skipOtherLines(this.#bytes, end + 1) };
      if (order < 0) low = end + 1;
      else high = start;
    }
    // The value of a tag's peeled object belongs to the ref before it.
    const start = skipOtherLines(this.#bytes, low);
    return { start, end: start };
  }

  *#refs(): Generator<PackedRef, undefined> {
    yield* parseLines(this.#bytes);
  }
}

function* parseLines(bytes: Buffer): Generator<PackedRef, undefined> {
  for (let start = skipOtherLines(bytes, 0); start < bytes.length; ) {
    const end = refEnd(bytes, start);
    const next = skipOtherLines(bytes, end + 1);
    yield {
      id: idAt(bytes, start),
      name: bytes.toString("latin1", start + NAME_OFFSET, end),
      lines: bytes.toString("latin1", start, next),
    };
    start = next;
  }
}

function isSorted(bytes: Buffer): boolean {
  return bytes[0] === HASH && / sorted /.test(bytes.toString("latin1", 0, lineEnd(bytes, 0)));
}

/** Very old versions of git left the order open. */
function sort(bytes: Buffer): Buffer {
  const refs = [...parseLines(bytes)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return Buffer.from(HEADER + refs.map((ref) => ref.lines).join(""), "latin1");
}

/** Where the line begins in which `position` is, if not before `low`. */
function lineStart(bytes: Buffer, position: number, low: number): number {
  if (position === low) return low;
  return Math.max(low, bytes.lastIndexOf(NEWLINE, position - 1) + 1);
}

/** The beginning of the first line from `start` on that is a ref: not the header, not the peeled value of a tag. */
function skipOtherLines(bytes: Buffer, start: number): number {
  let line = start;
  while (bytes[line] === CARET || bytes[line] === HASH) line = lineEnd(bytes, line) + 1;
  return line;
}

function lineEnd(bytes: Buffer, start: number): number {
  return bytes.indexOf(NEWLINE, start);
}

function refEnd(bytes: Buffer, start: number): number {
  const end = lineEnd(bytes, start);
  if (end <= start + NAME_OFFSET) throw damaged(`there is no ref at offset ${start}`);
  return end;
}

function idAt(bytes: Buffer, start: number): ObjectId {
  const id = parseObjectId(bytes.toString("latin1", start, start + NAME_OFFSET - 1));
  if (id === undefined || bytes[start + NAME_OFFSET - 1] !== 0x20) {
    throw damaged(`there is no ref at offset ${start}`);
  }
  return id;
}

function damaged(reason: string): GomodfsError {
  return new GomodfsError("STORE", `packed-refs is damaged: ${reason}`, {
    hint: "restore it from a backup, or remove it and fetch the modules again",
  });
}
