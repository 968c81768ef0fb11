import type { ForgeCommit } from "./forge_repository.ts";

/** A repository and what is asked of it: `PATH@QUERY`. `{0}` is the name of the first commit, `{0:12}` its beginning. */
export interface Scenario {
  readonly name: string;
  /** The import path of the root; `corp.test/NAME` unless given. */
  readonly root?: string;
  readonly subdirectory?: string;
  /** The URL of the repository; `http://corp.test/NAME.git` unless given. */
  readonly url?: string;
  readonly commits: readonly ForgeCommit[];
  readonly branches?: Readonly<Record<string, number>>;
  readonly asks: readonly string[];
  /** What is asked with an empty cache each, so that the reference in the origin can be compared. */
  readonly askedAlone?: readonly string[];
  /** Modules whose tagged versions are compared; the one at the root unless given. */
  readonly lists?: readonly string[];
}

const T = "20200102030405";
const goMod = (path: string, rest = ""): string => `module ${path}\n\ngo 1.21\n${rest}`;

/**
 * The rules of cmd/go/internal/modfetch/coderepo.go and golang.org/x/mod/zip, a repository for each kind of them. Many asks
 * are those of coderepo_test.go, made of other names.
 */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "plain",
    commits: [
      { files: { "a.go": "package a\n", LICENSE: "free\n" } },
      { files: { "go.mod": goMod("corp.test/plain") }, tags: ["v1.0.0"] },
      { files: { "b.go": "package a\n" }, tags: ["!v1.1.0-pre", "mytag"] },
      { files: { "c.go": "package a\n" } },
      { files: { "d.go": "package a\n" }, tags: ["!v1.1.0", "v1.1"] },
      { files: { "e.go": "package a\n" }, date: "2021-12-31T23:59:59+02:00" },
    ],
    branches: { "v1.5.0": 5, "topic/x": 3 },
    asks: [
      "v1.0.0",
      "v1.1.0",
      "v1.1.0-pre",
      `v0.0.0-${T}-{0:12}`,
      "{0:7}",
      "{2}",
      "{3:12}",
      "{4}",
      "main",
      "topic/x",
      "mytag",
      `v1.1.0-pre.0.${T}-{3:12}`,
      // What no version is.
      "v1.9.9",
      "nosuch",
      "v1.5.0",
      `v1.1.1-0.${T}-{0:12}`,
      `v1.0.1-0.${T}-{1:12}`,
      `v1.0.0-${T}-{0:12}`,
      `v0.0.0-20200102030406-{0:12}`,
      `v0.0.0-${T}-{0:11}`,
      `v0.0.0-${T}-{0:13}`,
      `v1.0.4-0.${T}-{3:12}`,
      `v0.0.0-${T}-aaaaaaaaaaaa`,
      "v1.0.0+incompatible",
    ].map((query) => `corp.test/plain@${query}`),
    askedAlone: ["v1.1.0", "mytag", "main", "{3:12}", "{2}"].map(
      (query) => `corp.test/plain@${query}`,
    ),
  },
  {
    name: "many",
    commits: [
      {
        files: {
          "go.mod": goMod("corp.test/many"),
          "many.go": "package many\n",
          LICENSE: "of all\n",
          "pkg/go.mod": goMod("corp.test/many/pkg"),
          "pkg/p.go": "package p\n",
          "pkg/inner/go.mod": goMod("corp.test/many/pkg/inner"),
          "pkg/inner/i.go": "package i\n",
          "licensed/go.mod": goMod("corp.test/many/licensed"),
          "licensed/LICENSE": "of its own\n",
          "licensed/sub/LICENSE": "below\n",
          "plain/p.go": "package plain\n",
        },
        tags: ["v1.0.0", "pkg/v0.3.0", "pkg/v1.0.0+meta", "licensed/v1.2.3"],
      },
      { files: { "pkg/q.go": "package p\n" } },
    ],
    asks: [
      "corp.test/many@v1.0.0",
      "corp.test/many@main",
      "corp.test/many/pkg@v0.3.0",
      "corp.test/many/pkg@main",
      "corp.test/many/pkg@v0.9.0",
      "corp.test/many/pkg/inner@main",
      "corp.test/many/licensed@v1.2.3",
      "corp.test/many/plain@main",
      "corp.test/many/pkg/v2@main",
    ],
    askedAlone: ["corp.test/many/pkg@v0.3.0", "corp.test/many/pkg@main"],
    lists: ["corp.test/many", "corp.test/many/pkg", "corp.test/many/pkg/inner"],
  },
  {
    name: "v2root",
    commits: [
      { files: { "go.mod": goMod("corp.test/v2root"), "a.go": "package a\n" }, tags: ["v1.5.0"] },
      { files: { "go.mod": goMod("corp.test/v2root/v2") } },
      { files: { "a.go": "package b\n" }, tags: ["v2.0.0"] },
      { files: { "a.go": "package c\n" } },
    ],
    asks: [
      "corp.test/v2root@v1.5.0",
      "corp.test/v2root/v2@v2.0.0",
      "corp.test/v2root/v2@{1}",
      "corp.test/v2root/v2@main",
      `corp.test/v2root/v2@v2.0.0-${T}-{1:12}`,
      "corp.test/v2root@main",
      "corp.test/v2root@v2.0.0",
      "corp.test/v2root@v2.0.0+incompatible",
      "corp.test/v2root/v2@v1.5.0",
      "corp.test/v2root/v2@{0}",
      "corp.test/v2root/v3@main",
    ],
    lists: ["corp.test/v2root", "corp.test/v2root/v2"],
  },
  {
    name: "v2dir",
    commits: [
      {
        files: {
          "go.mod": goMod("corp.test/v2dir"),
          LICENSE: "of all\n",
          "a.go": "package a\n",
          "v2/go.mod": goMod("corp.test/v2dir/v2"),
          "v2/a.go": "package a\n",
          "sub/go.mod": goMod("corp.test/v2dir/sub"),
          "sub/v3/go.mod": goMod("corp.test/v2dir/sub/v3"),
          "sub/v3/s.go": "package s\n",
        },
        tags: ["v1.0.0", "v2.0.0", "sub/v3.1.0"],
      },
      { files: { "go.mod": goMod("corp.test/v2dir/v2") }, tags: ["v2.0.1"] },
      {
        files: { "go.mod": goMod("corp.test/v2dir"), "v2/go.mod": goMod("corp.test/other") },
        tags: ["v2.0.2"],
      },
      { files: { "v2/go.mod": "// nothing\n", "go.mod": "// nothing\n" }, tags: ["v2.0.3"] },
      { files: { "v2/go.mod": null }, tags: ["v2.0.4"] },
      { files: { "go.mod": goMod("corp.test/v2dir/v3") }, tags: ["v2.0.5", "v1.0.5"] },
      { files: { "go.mod": goMod("corp.test/v2dir/v1") }, tags: ["v1.0.6"] },
    ],
    asks: [
      ...["v2.0.0", "v2.0.1", "v2.0.2", "v2.0.3", "v2.0.4", "v2.0.5"].map(
        (version) => `corp.test/v2dir/v2@${version}`,
      ),
      ...["v1.0.0", "v1.0.5", "v1.0.6", "{3}"].map((version) => `corp.test/v2dir@${version}`),
      "corp.test/v2dir/sub/v3@v3.1.0",
      "corp.test/v2dir/sub@v3.1.0",
    ],
    lists: ["corp.test/v2dir", "corp.test/v2dir/v2", "corp.test/v2dir/sub/v3"],
  },
  {
    name: "legacy",
    commits: [
      { files: { "a.go": "package a\n" }, tags: ["v1.0.0"] },
      { files: { "b.go": "package a\n" }, tags: ["v2.3.4"] },
      { files: { "c.go": "package a\n" } },
      { files: { "v4/go.mod": goMod("corp.test/legacy/v4") }, tags: ["v4.0.0"] },
      { files: { "d.go": "package a\n" } },
      { files: { "v4/go.mod": null, "go.mod": goMod("corp.test/legacy/v5") }, tags: ["v5.0.0"] },
    ],
    asks: [
      "v1.0.0",
      "v2.3.4+incompatible",
      "v2.3.4",
      "{1}",
      "{2}",
      "{3}",
      "{4}",
      "main",
      "v4.0.0+incompatible",
      "v4.0.0",
      "v5.0.0+incompatible",
      "v1.0.0+incompatible",
      `v2.3.5-0.${T}-{2:12}+incompatible`,
      `v2.3.5-0.${T}-{2:12}`,
      `v3.0.0-${T}-{2:12}`,
    ].map((query) => `corp.test/legacy@${query}`),
    askedAlone: ["corp.test/legacy@v2.3.4+incompatible"],
  },
  {
    name: "thing.v2",
    root: "gopkg.in/thing.v2",
    url: "http://gopkg.in/thing.v2.git",
    commits: [
      { files: { "a.go": "package a\n" }, tags: ["v1.0.0", "v2.0.0", "v2.1"] },
      { files: { "b.go": "package a\n" } },
      { files: { "go.mod": goMod("gopkg.in/thing.v2") }, tags: ["v2.2.0"] },
      { files: { "go.mod": goMod("gopkg.in/thing.v3") }, tags: ["v2.3.0"] },
    ],
    asks: ["v2.0.0", "v2.1.0", "{1}", "v2.2.0", "v2.3.0", "v1.0.0", "main"].map(
      (query) => `gopkg.in/thing.v2@${query}`,
    ),
  },
  {
    name: "vanity",
    root: "corp.test/mangos/v2",
    commits: [
      { files: { "go.mod": goMod("corp.test/mangos/v2"), LICENSE: "x" }, tags: ["v2.0.0"] },
      { files: { "v2/go.mod": goMod("corp.test/mangos/v2/v2"), "a.go": "package a\n" } },
    ],
    asks: ["v2.0.0", "main", "v1.0.0"].map((query) => `corp.test/mangos/v2@${query}`),
  },
  {
    name: "mono",
    root: "corp.test/inner",
    subdirectory: "go/inner",
    commits: [
      {
        files: {
          "go/inner/go.mod": goMod("corp.test/inner"),
          "go/inner/a.go": "package a\n",
          "go/inner/v2/go.mod": goMod("corp.test/inner/v2"),
          "go/inner/sub/go.mod": goMod("corp.test/inner/sub"),
          "go.mod": goMod("corp.test/mono"),
        },
        tags: ["go/inner/v1.0.0", "go/inner/v2.0.0", "v1.1.0"],
      },
    ],
    asks: ["corp.test/inner@v1.0.0", "corp.test/inner@v1.1.0", "corp.test/inner@main"],
    askedAlone: ["corp.test/inner@v1.0.0"],
  },
  {
    name: "odd",
    commits: [
      { files: { "a.go": "package a\n" }, tags: ["v0.1.0+build-metadata"] },
      { files: { "b.go": "package a\n" }, tags: ["v2.0.0+incompatible"] },
      { files: { "c.go": "package a\n" }, tags: [`v3.0.0-${T}-aaaaaaaaaaaa`, "V1.0.0", "1.0.0"] },
    ],
    asks: ["v0.1.0+build-metadata", "{0}", "{1}", "main", "v2.0.0+incompatible", "v0.1.0"].map(
      (query) => `corp.test/odd@${query}`,
    ),
  },
  {
    name: "retracted",
    commits: [
      {
        files: { "go.mod": goMod("corp.test/retracted"), "a.go": "package a\n" },
        tags: ["v1.0.0"],
      },
      { files: { "a.go": "package b\n" }, tags: ["v1.1.0"] },
      { files: { "a.go": "package c\n" } },
      {
        files: { "go.mod": goMod("corp.test/retracted", "retract [v1.1.0, v1.2.0] // bad\n") },
        tags: ["v1.2.0"],
      },
      { files: { "a.go": "package d\n" } },
    ],
    asks: ["v1.1.0", "{1}", "{2}", "{3}", "main"].map((query) => `corp.test/retracted@${query}`),
  },
  {
    name: "files",
    commits: [
      {
        files: {
          "go.mod": "module corp.test/files\n\ngo 1.20\n",
          "vendor/modules.txt": "# x\n",
          "vendor/x/y.go": "package y\n",
          "pkg/vendor/vendor.go": "package vendor\n",
          "pkg/vendor/foo/foo.go": "package foo\n",
          "long-name/vendor/v.go": "package v\n",
          "nested/GO.MOD": "module nested\n",
          "nested/n.go": "package n\n",
          "linked/go.mod": { link: "../go.mod" },
          "linked/l.go": "package l\n",
          "link.go": { link: "pkg/vendor/vendor.go" },
          ".hg_archival.txt": "x\n",
          ".gitattributes":
            "*.txt text eol=crlf\nsubst.go export-subst\nignored.go export-ignore\nbin -text\n",
          "crlf.txt": "one\ntwo\n",
          "crlf.go": "package a\r\n",
          "subst.go": "package a // $Format:%H$\n",
          "ignored.go": "package a\n",
          ".gitignore": "*.o\n",
          "é/ü.go": "package u\n",
          "empty.go": "",
          "with space.txt": "x",
          noise: noise(3 << 20),
          zeros: new Uint8Array(2 << 20),
          testdata: { link: "/etc" },
        },
        tags: ["v1.0.0"],
      },
      { files: { "go.mod": "module corp.test/files\n\ngo 1.24.1\n" }, tags: ["v1.1.0"] },
    ],
    asks: ["corp.test/files@v1.0.0", "corp.test/files@v1.1.0"],
  },
  {
    name: "latin1",
    commits: [
      {
        files: {
          "go.mod": goMod("corp.test/latin1"),
          "other/go.mod": goMod("corp.test/latin1/other"),
          "other/\xe9.go": "package e\n",
        },
        names: "latin1",
        tags: ["v1.0.0", "other/v1.0.0"],
      },
    ],
    asks: ["corp.test/latin1@v1.0.0"],
  },
  { name: "empty", commits: [{ tags: ["v0.1.0"] }], asks: ["corp.test/empty@v0.1.0"] },
  {
    name: "refused",
    commits: [
      { files: { "A.go": "package a\n", "a.go": "package a\n" }, tags: ["v1.0.0"] },
      { files: { "A.go": null, "a:b": "x" }, tags: ["v1.0.1"] },
      { files: { "a:b": null, "GO.MOD": "module x\n" }, tags: ["v1.0.2"] },
      { files: { "GO.MOD": null, aux: "x" }, tags: ["v1.0.3"] },
      { files: { aux: null, LICENSE: "x".repeat((16 << 20) + 1) }, tags: ["v1.0.4"] },
    ],
    asks: ["v1.0.0", "v1.0.1", "v1.0.2", "v1.0.3", "v1.0.4"].map(
      (version) => `corp.test/refused@${version}`,
    ),
  },
];

/** Bytes that do not compress, the same each time. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}
