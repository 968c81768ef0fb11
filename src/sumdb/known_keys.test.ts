import { describe, expect, test } from "vitest";
import { knownDatabaseNames, parseChecksumDatabase } from "./known_keys.ts";
import { generateKeyPair } from "./signer.ts";

function keyFor(name: string): string {
  return generateKeyPair(name).verifierKey;
}

describe("parseChecksumDatabase()", () => {
  test("reads off", () => {
    expect(parseChecksumDatabase("off")).toEqual({ kind: "off" });
  });

  test("knows the keys of names", () => {
    const names = knownDatabaseNames();
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const expected = { kind: "database", name, directUrl: `https://${name}`, url: undefined };
      expect(parseChecksumDatabase(name)).toMatchObject(expected);
      expect(parseChecksumDatabase(` ${name}\thttps://mirror.test/x `)).toMatchObject({
        name,
        url: "https://mirror.test/x",
      });
    }
  });

  test("knows the alias of the first of them", () => {
    const name = knownDatabaseNames()[0] ?? "";
    const alias = `${name.replace(/\.org$/, "")}.google.cn`;
    expect(parseChecksumDatabase(alias)).toMatchObject({ name, url: `https://${alias}` });
    expect(() => parseChecksumDatabase(`${alias} https://mirror.test`)).toThrow("invalid GOSUMDB");
  });

  test.each([
    "sum.example.test",
    "localhost.localdev/sumdb",
    "127.0.0.1:8080",
    "example.test/a/b.c",
  ])("reads the key of %s", (name) => {
    const setting = parseChecksumDatabase(keyFor(name));
    expect(setting).toMatchObject({
      kind: "database",
      name,
      directUrl: `https://${name}`,
      url: undefined,
    });
  });

  test.each(["", " \t"])("says that %j is nothing", (value) => {
    expect(() => parseChecksumDatabase(value)).toThrow("missing GOSUMDB");
  });

  test.each(["unknown.example.test", "https://sum.example.test", "a+00000000+AAAA", "OFF"])(
    "refuses the key %j",
    (value) => {
      expect(() => parseChecksumDatabase(value)).toThrow(/^invalid GOSUMDB: /);
    },
  );

  test.each([
    "example.test/",
    "example.test/../etc",
    "example.test/a//b",
    "example.test/./a",
    "/etc/passwd",
    "user@example.test",
    "user:password@example.test",
    "example.test?q",
    "example.test#f",
    "example.test/%2e%2e",
    "Example.test",
    "..",
  ])("refuses the database name %j", (name) => {
    expect(() => parseChecksumDatabase(keyFor(name))).toThrow("invalid checksum database name");
  });

  test("refuses too many fields and odd URLs, without repeating them", () => {
    const key = keyFor("example.test");
    expect(() => parseChecksumDatabase(`${key} https://a.test https://b.test`)).toThrow(
      "too many fields",
    );
    expect(() => parseChecksumDatabase(`${key} gopher://user:secret@a.test`)).toThrow(
      /^invalid GOSUMDB URL$/,
    );
    expect(() => parseChecksumDatabase(`${key} nonsense`)).toThrow(/^invalid GOSUMDB URL$/);
  });
});
