import { describe, expect, it } from "vitest";
import { type GoImport, matchGoImport, parseGoImports } from "./go_import.ts";

function goImport(content: string): GoImport {
  const [prefix = "", system = "", repository = "", subdirectory = ""] = content.split(" ");
  return { prefix, system, repository, subdirectory };
}

function tag(content: string): string {
  return `<meta name="go-import" content="${content}">`;
}

const foo = "foo/bar git https://code.test/rsc/foo/bar";

describe("parseGoImports()", () => {
  // cmd/go/internal/vcs/discovery_test.go, `parseMetaGoImportsTests` with PreferMod
  it.each([
    ["one tag", tag(foo), [foo]],
    [
      "two tags",
      `${tag(foo)}\n${tag("baz git http://code.test/b")}`,
      [foo, "baz git http://code.test/b"],
    ],
    [
      "a GOPROXY before a repository",
      `${tag("foo/bar mod http://p.test")}${tag(foo)}`,
      ["foo/bar mod http://p.test"],
    ],
    [
      "a GOPROXY behind a repository",
      `${tag(foo)}${tag("foo/bar mod http://p.test")}`,
      ["foo/bar mod http://p.test"],
    ],
    [
      "a GOPROXY for a part",
      `${tag("corp.test git https://code.test/x")}${tag("corp.test/b mod https://p.test/master")}`,
      ["corp.test/b mod https://p.test/master", "corp.test git https://code.test/x"],
    ],
    ["a head", `<head>\n${tag(foo)}\n</head>`, [foo]],
    ["a body", `${tag(foo)}<body>${tag("not git https://code.test/n")}`, [foo]],
    ["what follows a head", `<head></head>${tag(foo)}`, []],
    ["an empty head", `<head/>${tag(foo)}`, []],
    ["a doctype", `<!doctype html>${tag(foo)}`, [foo]],
    [
      "what XML does not like, behind it",
      `<!doctype html><title>Page Not Found</title><meta name=go-import content="chitin.test/c git https://code.test/c"><div style=position:relative>DRAFT</div>`,
      ["chitin.test/c git https://code.test/c"],
    ],
    ["a subdirectory", tag(`${foo} sub/path`), [`${foo} sub/path`]],
    [
      "capitals and spaces",
      `<META NAME='go-import' Content="\n ${foo.replaceAll(" ", "\t ")} ">`,
      [foo],
    ],
    [
      "entities",
      tag("foo/bar git https://code.test/?a&amp;b"),
      ["foo/bar git https://code.test/?a&b"],
    ],
    ["too little", tag("foo/bar git"), []],
    ["too much", tag(`${foo} sub more`), []],
    ["another name", '<meta name="go-source" content="a b c d">', []],
    [
      "another spelling of the name",
      '<meta name="GO-IMPORT" content="a git https://code.test">',
      [],
    ],
    ["nothing", "", []],
  ])("reads %s", (_, page, expected) => {
    expect(parseGoImports(Buffer.from(page))).toEqual(expected.map(goImport));
  });

  it("refuses a page that cannot be read and has no tags before the mistake", () => {
    expect(() => parseGoImports(Buffer.from("<p a=b/c>"))).toThrow("expected /> in element");
    const latin1 = Buffer.from("<?xml version='1.0' encoding='ISO-8859-1'?>");
    expect(() => parseGoImports(latin1)).toThrow(`can't decode XML document using charset "ISO`);
  });

  it("refuses more tags than a page can need", () => {
    const page = Buffer.from(tag(foo).repeat(1_001));
    expect(() => parseGoImports(page)).toThrow("more than 1000 go-import meta tags");
  });
});

describe("matchGoImport()", () => {
  const one = ["corp.test/user/foo git https://code.test/t"];
  const similar = [...one, "corp.test/user/fooa git https://code.test/t"];
  const nested = [...one, "corp.test/user/foo/bar git https://code.test/t"];
  const proxy = ["corp.test/b mod https://p.test", "corp.test git https://code.test/x"];
  const inDirectory = "corp.test/user/foo git https://code.test/t sub";
  const slash = "corp.test/ git https://code.test/t";

  // cmd/go/internal/vcs/vcs_test.go, TestMatchGoImport
  it.each([
    [one, "corp.test/user/foo", one[0]],
    [one, "corp.test/user/foo/", one[0]],
    [similar, "corp.test/user/foo", similar[0]],
    [similar, "corp.test/user/fooa", similar[1]],
    [nested, "corp.test", undefined],
    [one, "different.corp.test/user/foo", undefined],
    [proxy, "corp.test/b/foo", proxy[0]],
    [proxy, "corp.test/other", proxy[1]],
    [[inDirectory], "corp.test/user/foo", inDirectory],
    [[slash], "corp.test/x", slash],
  ])("finds in %j what is about %s", (imports, path, expected) => {
    const found = matchGoImport(imports.map(goImport), path);
    expect(found).toEqual(expected === undefined ? undefined : goImport(expected));
  });

  it.each([
    [nested, "corp.test/user/foo/bar"],
    [nested, "corp.test/user/foo/bar/baz"],
    [nested, "corp.test/user/foo/bar/baz/"],
    [[inDirectory, ...one], "corp.test/user/foo"],
  ])("does not choose among several of %j for %s", (imports, path) => {
    expect(() => matchGoImport(imports.map(goImport), path)).toThrow(
      `multiple meta tags match import path "${path}"`,
    );
  });
});
