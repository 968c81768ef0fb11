import { GomodfsError } from "../lib/gomodfs_error.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { Signer } from "./signer.ts";
import { asBuffer, decodeText, isPlainText } from "./text.ts";
import { formatKeyId, isValidServerName, type Verifiers } from "./verifier.ts";

/** Bytes that a signed note may have. golang.org/x/mod bounds the signed tree at the same size (tlog.ParseTree). */
export const MAX_NOTE_SIZE = 1_000_000;

/** Signatures that a note may have, as in golang.org/x/mod: nobody should spend for ever on one note. */
const MAX_SIGNATURES = 100;

/** Bytes of the key hash at the start of each signature. */
const KEY_HASH_SIZE = 4;

const SIGNATURE_PREFIX = "— ";

/** One signature of a note. */
export interface NoteSignature {
  readonly name: string;
  readonly keyHash: number;
  /** The key hash, big-endian, and the signature itself. */
  readonly base64: string;
}

/** A text and who has signed it. */
export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  /** Signatures that a known key has made. */
  readonly signatures: readonly NoteSignature[];
  /** Signatures of keys that are not known. They prove nothing. */
  readonly unverifiedSignatures: readonly NoteSignature[];
}

/** A note is well-formed, but no known key has signed it. */
export class UnverifiedNoteError extends GomodfsError {
  readonly note: Note;

  constructor(note: Note) {
    super("SECURITY", "note has no verifiable signatures", {
      hint: "the note is signed by another key than the one expected: check GOSUMDB",
    });
    this.note = note;
  }
}

/**
 * Opens a signed note: a text, a blank line, and one line a signature. Behaves as golang.org/x/mod/sumdb/note.Open.
 *
 * @returns the note; at least one signature is verified
 * @throws GomodfsError `PROTOCOL` if the message is malformed, `TOO_LARGE` past {@linkcode MAX_NOTE_SIZE}, `SECURITY` if
 * a known key's signature is wrong, and {@linkcode UnverifiedNoteError} if no known key has signed
 */
export function openNote(message: Uint8Array, known: Verifiers): Note {
  if (message.length > MAX_NOTE_SIZE) {
    throw new GomodfsError(
      "TOO_LARGE",
      `a note of ${message.length} bytes is larger than ${MAX_NOTE_SIZE}`,
    );
  }
  const { text, lines } = splitNote(message);
  const decodedText = decodeText(text);
  const signatures = new Map<string, NoteSignature>();
  const unverified = new Map<string, NoteSignature>();
  for (const line of lines) {
    const { signature, bytes } = parseSignatureLine(line);
    const verifier = known.find(signature.name, signature.keyHash);
    if (verifier === undefined) {
      unverified.set(line, signature);
      continue;
    }
    const keyId = formatKeyId(signature.name, signature.keyHash);
    if (verifier.name !== signature.name || verifier.keyHash !== signature.keyHash) {
      throw new GomodfsError(
        "SECURITY",
        `another verifier than that of key ${keyId} was given for it`,
      );
    }
    if (signatures.has(keyId)) continue;
    if (!verifier.verify(text, bytes)) {
      throw new GomodfsError("SECURITY", `invalid signature for key ${keyId}`);
    }
    signatures.set(keyId, signature);
  }
  const note: Note = {
    text: decodedText,
    signatures: [...signatures.values()],
    unverifiedSignatures: [...unverified.values()],
  };
  if (signatures.size === 0) throw new UnverifiedNoteError(note);
  return note;
}

/**
 * Signs a text and encodes it with its signatures: those it has, without the ones of the signers' own keys, and then
 * the signers'. Behaves as golang.org/x/mod/sumdb/note.Sign.
 *
 * @throws GomodfsError `PROTOCOL` if the text does not end in a newline or a signature is malformed, `USAGE` if a
 * signer's name is not valid
 */
export function signNote(
  note: Partial<Note> & Pick<Note, "text">,
  ...signers: readonly Signer[]
): Uint8Array {
  if (!note.text.endsWith("\n")) throw malformedNote("its text does not end in a newline");
  const text = Buffer.from(note.text);
  const own = signers.map((signer) => formatKeyId(signer.name, signer.keyHash));
  const added = signers.map((signer) => {
    if (!isValidServerName(signer.name)) throw new GomodfsError("USAGE", "invalid signer");
    const head = Buffer.alloc(KEY_HASH_SIZE);
    head.writeUInt32BE(signer.keyHash);
    return formatSignatureLine(signer.name, encodeBase64(Buffer.concat([head, signer.sign(text)])));
  });
  const kept = [...(note.signatures ?? []), ...(note.unverifiedSignatures ?? [])]
    .filter((signature) => {
      if (!isValidServerName(signature.name))
        throw malformedNote("the name of a signature is not valid");
      return !own.includes(formatKeyId(signature.name, signature.keyHash));
    })
    .map((signature) => {
      const bytes = decodeBase64(signature.base64);
      if (
        bytes === undefined ||
        bytes.length < KEY_HASH_SIZE ||
        readKeyHash(bytes) !== signature.keyHash
      ) {
        throw malformedNote("a signature does not have the hash of its key");
      }
      return formatSignatureLine(signature.name, signature.base64);
    });
  return Buffer.concat([text, Buffer.from(`\n${kept.join("")}${added.join("")}`)]);
}

/** The signed bytes (with the last newline, without the blank line) and the signature lines. */
function splitNote(message: Uint8Array): { text: Uint8Array; lines: readonly string[] } {
  if (!isPlainText(message)) throw malformedNote("it is not plain UTF-8 text");
  const blankLine = asBuffer(message).lastIndexOf("\n\n");
  if (blankLine < 0) throw malformedNote("there is no blank line before the signatures");
  const signatures = decodeText(message.subarray(blankLine + 2));
  if (!signatures.endsWith("\n"))
    throw malformedNote("the last signature line does not end in a newline");
  const lines = signatures.slice(0, -1).split("\n", MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES)
    throw malformedNote(`it has more than ${MAX_SIGNATURES} signatures`);
  return { text: message.subarray(0, blankLine + 1), lines };
}

function parseSignatureLine(line: string): { signature: NoteSignature; bytes: Uint8Array } {
  if (!line.startsWith(SIGNATURE_PREFIX))
    throw malformedNote("a signature line does not start with a dash");
  const rest = line.slice(SIGNATURE_PREFIX.length);
  const space = rest.indexOf(" ");
  const name = space < 0 ? rest : rest.slice(0, space);
  const base64 = space < 0 ? "" : rest.slice(space + 1);
  const bytes = decodeBase64(base64);
  if (!isValidServerName(name) || bytes === undefined || bytes.length <= KEY_HASH_SIZE) {
    throw malformedNote("a signature line is not a name and base64");
  }
  return {
    signature: { name, keyHash: readKeyHash(bytes), base64 },
    bytes: bytes.subarray(KEY_HASH_SIZE),
  };
}

function formatSignatureLine(name: string, base64: string): string {
  return `${SIGNATURE_PREFIX}${name} ${base64}\n`;
}

function readKeyHash(bytes: Uint8Array): number {
  return asBuffer(bytes).readUInt32BE();
}

function malformedNote(reason: string): GomodfsError {
  return new GomodfsError("PROTOCOL", `malformed note: ${reason}`);
}
