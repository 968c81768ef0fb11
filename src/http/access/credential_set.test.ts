import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatCredential, parseCredential } from "./credential.ts";
import { formatCredentialHash, hashPassword, hashToken } from "./credential_hash.ts";
import { parseCredentials } from "./credential_set.ts";

const token = (text: string): string => formatCredentialHash(hashToken(text));
const password = formatCredentialHash(await hashPassword("s3cret"));

function messageOf(text: string): string {
  try {
    parseCredentials(text, "clients");
  } catch (error) {
    if (error instanceof GomodfsError && error.code === "USAGE") return error.message;
    throw error;
  }
  return "";
}

describe("a file of credentials", () => {
  it("has a client a line, comments and empty lines", () => {
    const text = `# who may ask\n\nci ${token("t1")}\r\n  ann\t${password}  corp.test/a,*.test/b\n`;
    const set = parseCredentials(text, "clients");
    expect(set.size).toBe(2);
    expect(set.findToken("t1")).toMatchObject({ name: "ci", patterns: [] });
    expect(set.findToken("t2")).toBeUndefined();
    expect(set.findPassword("ann")).toMatchObject({ patterns: ["corp.test/a", "*.test/b"] });
    expect(set.findPassword("ci")).toBeUndefined();
  });

  it("may give a name several tokens, so that one can be replaced", () => {
    const set = parseCredentials(`ci ${token("old")}\nci ${token("new")}\n`, "clients");
    expect([set.findToken("old")?.name, set.findToken("new")?.name]).toEqual(["ci", "ci"]);
  });

  it("is refused with every wrong line", () => {
    const lines = [
      "ci",
      `ci ${token("t1")} a,b c`,
      `c:i ${token("t1")}`,
      "ann s3cret-in-the-clear",
      `ann ${token("t2")} corp.test,[a`,
      `ann ${token("t3")} corp.test,,b`,
      `bob ${password}`,
      "# fine",
      `bob ${password}`,
      `bob ${token("t4")}`,
      `eve ${token("t4")}`,
    ];
    const message = messageOf(lines.join("\n"));
    expect(message.split("\n").map((line) => line.replace(/ \(.*/, ""))).toEqual([
      "clients:1: the line is not NAME HASH [PATTERN,PATTERN...]",
      "clients:2: the line is not NAME HASH [PATTERN,PATTERN...]",
      'clients:3: "c:i" is no name of a client: letters, digits and . _ @ + -, 64 characters at most',
      "clients:4: the hash is neither $sha256$DIGEST nor $scrypt$ln=N,r=N,p=N$SALT$KEY",
      'clients:5: "[a" is no pattern of module paths',
      'clients:6: "" is no pattern of module paths',
      "clients:9: bob has a password on line 7 already",
      "clients:11: this token is on line 10 already",
    ]);
    expect(message).not.toContain("s3cret");
  });

  it("with very many wrong lines does not fill the screen", () => {
    const lines = messageOf("wrong\n".repeat(5_000)).split("\n");
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("and 4980 more");
  });

  it("of any text is read or refused, never worse", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(messageOf(text)).toMatch(/^(clients:\d+: [^\n]*(\n|$)|and \d+ more$)*$/);
      }),
    );
  });
});

it("a credential is read as it was written", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/);
  const pattern = fc.stringMatching(/^[a-z0-9./*?-]{1,20}$/);
  fc.assert(
    fc.property(name, fc.string(), fc.array(pattern), (client, text, patterns) => {
      const credential = { name: client, hash: hashToken(text), patterns };
      expect(parseCredential(formatCredential(credential))).toEqual(credential);
    }),
  );
});
