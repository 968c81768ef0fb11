import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { MAX_NOTE_SIZE, openNote, signNote, UnverifiedNoteError } from "./note.ts";
import { generateKeyPair, parseSignerKey } from "./signer.ts";
import { isPlainText } from "./text.ts";
import { formatVerifierKey, parseVerifierKey, type Verifier, verifierList } from "./verifier.ts";

// Keys, texts and signatures are from golang.org/x/mod, BSD-3-Clause.
const PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SIGNER =
  "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_BASE64 =
  "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const ENOCH_BASE64 =
  "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";
const PETER_LINE = `— PeterNeumann ${PETER_BASE64}\n`;
const ENOCH_LINE = `— EnochRoot ${ENOCH_BASE64}\n`;
const PETER = { name: "PeterNeumann", keyHash: 0xc74f20a3, base64: PETER_BASE64 };
const ENOCH = { name: "EnochRoot", keyHash: 0xaf0cfe78, base64: ENOCH_BASE64 };

const peter = parseVerifierKey(PETER_KEY);
const enoch = parseVerifierKey(ENOCH_KEY);

function open(message: string, ...verifiers: readonly Verifier[]) {
  return openNote(Buffer.from(message), verifierList(...verifiers));
}

/** All texts that lack a part of `text` at an end, and those with one character changed. */
function manglings(text: string): string[] {
  const cuts = Array.from({ length: text.length }, (_, i) => [
    text.slice(0, i),
    text.slice(i + 1),
  ]).flat();
  const changes = Array.from(text, (char, i) => {
    return text.slice(0, i) + String.fromCharCode(char.charCodeAt(0) + 1) + text.slice(i + 1);
  });
  return [...cuts, ...changes];
}

describe("parseVerifierKey()", () => {
  test("reads a key", () => {
    expect(peter).toMatchObject({ name: "PeterNeumann", keyHash: 0xc74f20a3 });
  });

  test("refuses every key that differs by a character", () => {
    for (const key of manglings(PETER_KEY)) {
      expect(() => parseVerifierKey(key)).toThrow(expect.objectContaining({ code: "USAGE" }));
    }
  });

  test("refuses a key of the wrong length and one of an unknown algorithm whose hashes fit", () => {
    const long = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    const unknown = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    expect(() => parseVerifierKey(long)).toThrow("malformed verifier key");
    expect(() => parseVerifierKey(unknown)).toThrow("unknown algorithm 101");
  });

  test("refuses names with white space", () => {
    for (const name of ["a b", "a\u0085b", "a\u2028b", ""]) {
      expect(() => formatVerifierKey(name, new Uint8Array(32))).toThrow("malformed verifier key");
    }
  });
});

describe("parseSignerKey()", () => {
  test("refuses every key that differs by a character", () => {
    for (const key of manglings(PETER_SIGNER)) {
      expect(() => parseSignerKey(key)).toThrow(expect.objectContaining({ code: "USAGE" }));
    }
  });

  test("says nothing of the key in its errors", () => {
    const wrongHash = PETER_SIGNER.replace("c74f20a3", "c74f20a4");
    expect(() => parseSignerKey(wrongHash)).toThrow(/^((?!AYEKFALVFGyNhPJEMzD1QIDr).)*$/);
  });
});

describe("generateKeyPair()", () => {
  test("makes keys that belong together", () => {
    const pair = generateKeyPair("EnochRoot");
    const signer = parseSignerKey(pair.signerKey);
    const verifier = parseVerifierKey(pair.verifierKey);
    expect(signer.keyHash).toBe(verifier.keyHash);
    const message = Buffer.from("hi");
    const signature = signer.sign(message);
    expect(verifier.verify(message, signature)).toBe(true);
    expect(verifier.verify(Buffer.from("ho"), signature)).toBe(false);
    expect(
      verifier.verify(
        message,
        signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
      ),
    ).toBe(false);
    expect(verifier.verify(message, signature.subarray(1))).toBe(false);
  });

  test("refuses a name that no server can have", () => {
    expect(() => generateKeyPair("a+b")).toThrow(GomodfsError);
  });
});

describe("signNote()", () => {
  const signer = parseSignerKey(PETER_SIGNER);

  test("signs a text", () => {
    expect(Buffer.from(signNote({ text: TEXT }, signer)).toString()).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  test("replaces the signer's old signature and keeps the others", () => {
    const note = {
      text: TEXT,
      signatures: [{ ...PETER, base64: "BADSIGN=" }],
      unverifiedSignatures: [ENOCH],
    };
    expect(Buffer.from(signNote(note, signer)).toString()).toBe(
      `${TEXT}\n${ENOCH_LINE}${PETER_LINE}`,
    );
  });

  test.each([
    ["a text without a last newline", { text: "abc" }],
    [
      "a signature with a bad name",
      { text: TEXT, signatures: [{ name: "a+b", keyHash: 0, base64: "ABCD" }] },
    ],
    [
      "a signature with another hash",
      { text: TEXT, signatures: [{ ...PETER, base64: "BADHASH=" }] },
    ],
  ])("refuses %s", (_, note) => {
    expect(() => signNote(note)).toThrow("malformed note");
  });

  test("refuses a signer with a bad name", () => {
    expect(() => signNote({ text: TEXT }, { ...signer, name: "bad name" })).toThrow(
      "invalid signer",
    );
  });
});

describe("verifierList()", () => {
  test("finds a key by name and hash, and says when two keys have the same", () => {
    const list = verifierList(peter, enoch, enoch);
    expect(list.find("PeterNeumann", 0xc74f20a3)).toBe(peter);
    expect(list.find("PeterNeumann", 0xc74f20a4)).toBeUndefined();
    expect(list.find("PeterNeuman", 0xc74f20a3)).toBeUndefined();
    expect(() => list.find("EnochRoot", 0xaf0cfe78)).toThrow("ambiguous key EnochRoot+af0cfe78");
  });
});

describe("openNote()", () => {
  test("tells verified from unverified signatures", () => {
    const message = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`;
    expect(open(message, peter)).toEqual({
      text: TEXT,
      signatures: [PETER],
      unverifiedSignatures: [ENOCH],
    });
    expect(open(message, peter, enoch)).toEqual({
      text: TEXT,
      signatures: [PETER, ENOCH],
      unverifiedSignatures: [],
    });
  });

  test("refuses a note that no known key has signed, and gives it", () => {
    const thrown = catchError(() => open(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`));
    expect(thrown).toBeInstanceOf(UnverifiedNoteError);
    expect(thrown).toMatchObject({
      code: "SECURITY",
      note: { signatures: [], unverifiedSignatures: [PETER, ENOCH] },
    });
  });

  test("refuses a duplicated verifier only if it is asked for", () => {
    expect(() => open(`${TEXT}\n${ENOCH_LINE}`, enoch, peter, enoch)).toThrow(
      "ambiguous key EnochRoot+af0cfe78",
    );
    expect(open(`${TEXT}\n${PETER_LINE}`, enoch, peter, enoch).signatures).toEqual([PETER]);
  });

  test("refuses more than a hundred signatures, and more than a megabyte", () => {
    expect(open(`${TEXT}\n${PETER_LINE.repeat(100)}`, peter).signatures).toEqual([PETER]);
    expect(() => open(`${TEXT}\n${PETER_LINE.repeat(101)}`, peter)).toThrow("malformed note");
    expect(() => open(`${TEXT}\n${PETER_LINE.repeat(101)}`)).toThrow("malformed note");
    const large = `${"x".repeat(MAX_NOTE_SIZE)}\n\n${PETER_LINE}`;
    expect(() => open(large, peter)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
  });

  test("refuses an invalid signature of a known key", () => {
    const wrong = `${PETER_LINE.slice(0, 58)}ABCD${PETER_LINE.slice(58)}`;
    expect(() => open(`${TEXT}\n${wrong}`, peter)).toThrow(
      "invalid signature for key PeterNeumann+c74f20a3",
    );
  });

  test("drops duplicated signatures", () => {
    const other = `${ENOCH_LINE.slice(0, 58)}ABCD${ENOCH_LINE.slice(58)}`;
    const note = open(
      `${TEXT}\n${PETER_LINE}${PETER_LINE}${ENOCH_LINE}${ENOCH_LINE}${other}`,
      peter,
    );
    expect(note.signatures).toEqual([PETER]);
    expect(note.unverifiedSignatures.map(({ name }) => name)).toEqual(["EnochRoot", "EnochRoot"]);
  });

  test.each([
    ["no signatures", TEXT],
    ["no signature lines", `${TEXT}\n`],
    ["no last newline", `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
    ["a control character", `\x01${TEXT}\n${PETER_LINE}`],
    ["a name with a space", `${TEXT}\n— Bad Name ${PETER_BASE64}\n`],
    ["an unexpected line", `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
    ["a signature without bytes", `${TEXT}\n— PeterNeumann x08gow==\n`],
    ["a line without a signature", `${TEXT}\n— PeterNeumann\n`],
  ])("refuses %s", (_, message) => {
    expect(() => open(message, peter)).toThrow("malformed note");
  });

  test("refuses bytes that are not UTF-8", () => {
    const message = Buffer.concat([Buffer.of(0xff), Buffer.from(`${TEXT}\n${PETER_LINE}`)]);
    expect(() => openNote(message, verifierList(peter))).toThrow("malformed note");
  });

  test("refuses what another verifier than that of the key accepts", () => {
    const anyone = { find: () => peter };
    const misnamed = `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "CarmenSandiego")}`;
    const wrongHash = `${TEXT}\n${PETER_LINE.replace("x08g", "xxxx")}`;
    expect(() => openNote(Buffer.from(misnamed), anyone)).toThrow("another verifier");
    expect(() => openNote(Buffer.from(wrongHash), anyone)).toThrow("another verifier");
  });

  test("opens what signNote() has signed", () => {
    const pair = generateKeyPair("example.com/log");
    const signer = parseSignerKey(pair.signerKey);
    const line = fc.string({ unit: "grapheme" }).filter(isPlainLine);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        const text = `${lines.join("\n")}\n`;
        const note = openNote(
          signNote({ text }, signer),
          verifierList(parseVerifierKey(pair.verifierKey)),
        );
        expect(note.text).toBe(text);
      }),
    );
  });

  test("answers any bytes with a note or a GomodfsError", () => {
    const valid = Buffer.from(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`);
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 5 }), (at, inserted) => {
        const message = Buffer.concat([valid.subarray(0, at), inserted, valid.subarray(at + 1)]);
        expect(outcome(() => openNote(message, verifierList(peter)).text)).toBeOneOf([
          TEXT,
          GomodfsError.name,
        ]);
      }),
    );
  });
});

/** What `action` returns, or the name of the error that it throws. */
function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    return error instanceof GomodfsError ? GomodfsError.name : String(error);
  }
}

function isPlainLine(text: string): boolean {
  return isPlainText(Buffer.from(text)) && !text.includes("\n");
}

function catchError(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
