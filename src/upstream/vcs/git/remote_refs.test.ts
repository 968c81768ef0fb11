import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHashPrefix, RemoteRefs, tagSum } from "./remote_refs.ts";

const a = "a".repeat(40);
const b = `aaaaaaab${"b".repeat(32)}`;
const c = "c".repeat(40);

describe("RemoteRefs", () => {
  const refs = RemoteRefs.parse(
    [
      `${a}\tHEAD`,
      `${a}\trefs/heads/main`,
      `${b}\trefs/heads/v1.0.0`,
      `${c}\trefs/tags/v1.0.0`,
      `${"d".repeat(40)}\trefs/tags/v1.1.0`,
      `${c}\trefs/tags/v1.1.0^{}`,
      `${c}\trefs/pull/1/head`,
      "warning: something else",
      `${c}\trefs/tags/a:b`,
      `${c}\trefs/tags/../../x`,
      `${c}\trefs/heads/-x y`,
      "",
    ].join("\n"),
  );

  it("has heads and tags, annotated ones as what they point to", () => {
    expect(refs.tags()).toEqual([
      { name: "v1.0.0", hash: c },
      { name: "v1.1.0", hash: c },
    ]);
    expect(refs.tagsOf(c)).toEqual(["v1.0.0", "v1.1.0"]);
    expect(refs.hashOf("refs/pull/1/head")).toBe(undefined);
    expect(refs.hashLength).toBe(40);
    expect(RemoteRefs.parse(`${"e".repeat(64)}\tHEAD`).hashLength).toBe(64);
  });

  it("finds tags before branches before HEAD before hashes", () => {
    expect(refs.match("v1.0.0")).toEqual({ ref: "refs/tags/v1.0.0", hash: c });
    expect(refs.match("main")).toEqual({ ref: "refs/heads/main", hash: a });
    expect(refs.match("HEAD")).toEqual({ ref: "HEAD", hash: a });
    expect(refs.match(c)).toEqual({ ref: "refs/tags/v1.0.0", hash: c });
    expect(refs.match(a)).toEqual({ ref: "HEAD", hash: a });
    expect(refs.match("1234567")).toEqual({ ref: undefined, hash: undefined });
    expect(refs.match("1".repeat(40))).toEqual({ ref: undefined, hash: "1".repeat(40) });
    expect(refs.match("1".repeat(41))).toBe(undefined);
    expect(refs.match("nope")).toBe(undefined);
  });

  it("does not choose between several hashes", () => {
    expect(() => refs.match("aaaaaaa")).toThrow("ambiguous revision aaaaaaa");
    expect(refs.match("aaaaaaab")?.hash).toBe(b);
  });

  it("has a digest of all that it has", () => {
    expect(RemoteRefs.parse(`${a}\tHEAD\n${b}\trefs/heads/x`).digest()).toBe(
      RemoteRefs.parse(`${b}\trefs/heads/x\n${a}\tHEAD`).digest(),
    );
    expect(RemoteRefs.parse(`${a}\tHEAD`).digest()).not.toBe(
      RemoteRefs.parse(`${b}\tHEAD`).digest(),
    );
  });

  it("reads whatever a server sends", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, text) => {
        const read = RemoteRefs.parse(`${a}\trefs/tags/${name}\n${text}`);
        expect(read.tags().every((tag) => !/[\s:*?[\\^~]/.test(tag.name))).toBe(true);
        read.match(name);
      }),
    );
  });
});

describe("isHashPrefix()", () => {
  it("wants seven lower-case digits", () => {
    expect(["abcdef0", a, "0".repeat(64)].every(isHashPrefix)).toBe(true);
    expect(["abcdef", "ABCDEF0", "abcdefg", "0".repeat(65), ""].some(isHashPrefix)).toBe(false);
  });
});

describe("tagSum()", () => {
  it("is over the tags that versions can depend on", () => {
    const tags = ["sub/v1.0.0", "sub/v1.0.0+build", "sub/v1", "sub/x", "sub/v1.2.3-foo"].map(
      (name) => ({ name, hash: c }),
    );
    tags.push({ name: "sub/v0.0.0-20200101000000-0123456789ab", hash: c });
    const counted = ["sub/v1.0.0", "sub/v1.0.0+build", "sub/v1.2.3-foo"];
    const sum = createHash("sha256").update(counted.map((name) => `"${name}" ${c}\n`).join(""));
    expect(tagSum("sub/v", tags)).toBe(`t1:${sum.digest("base64")}`);
  });
});
