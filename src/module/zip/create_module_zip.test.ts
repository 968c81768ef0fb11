import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { hash1 } from "../dirhash.ts";
import { parseGoModLax } from "../go_mod.ts";
import type { H1, ModuleVersion } from "../module_version.ts";
import { parseModuleVersion } from "../path.ts";
import { checkZipEntries } from "../zip_rules.ts";
import { readZipEntries } from "./central_directory.ts";
import { createModuleZip, type ZippableFile } from "./create_module_zip.ts";
import { selectModuleFiles } from "./module_files.ts";
import { BytesReader } from "./random_access.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");

/** A file as an archive would have it, in pieces of three bytes. */
function zippable(path: string, content: Uint8Array, method: 0 | 8 = 8): ZippableFile {
  const stream = method === 8 ? deflateRawSync(content) : content;
  return {
    path,
    type: "file",
    size: content.length,
    method,
    crc32: crc32(content),
    compressedSize: stream.length,
    *pieces() {
      for (let at = 0; at < stream.length; at += 3) yield stream.subarray(at, at + 3);
    },
  };
}

async function zipOf(
  files: readonly ZippableFile[],
  { id = ID, goVersion = "" }: { id?: ModuleVersion; goVersion?: string } = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await createModuleZip(id, files, goVersion, (bytes) => void pieces.push(bytes.slice()));
  return Buffer.concat(pieces);
}

/** Names in the zip to contents. */
function contentsOf(zip: Uint8Array): Map<string, Buffer> {
  const reader = new BytesReader(zip);
  return new Map(
    readZipEntries(reader).map(({ name, method, dataOffset, compressedSize }) => {
      const data = reader.read(dataOffset, compressedSize);
      return [name, method === 8 ? inflateRawSync(data) : Buffer.from(data)];
    }),
  );
}

function h1Of(zip: Uint8Array): H1 {
  const rows = [...contentsOf(zip)].map(([name, content]) => {
    return { name, sha256: createHash("sha256").update(content).digest() };
  });
  return hash1(rows);
}

describe("createModuleZip()", () => {
  it("writes what was given, streams as they are", async () => {
    const file = fc.record({
      content: fc.uint8Array({ maxLength: 100 }),
      method: fc.constantFrom<0 | 8>(0, 8),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 10 }), async (files) => {
        const named = files.map(({ content, method }, i) => zippable(`d${i}/é`, content, method));
        const zip = await zipOf(named);
        const entries = readZipEntries(new BytesReader(zip));
        expect(() => checkZipEntries(ID, entries)).not.toThrow();
        const expected = files.map(({ content }, i) => {
          return [`example.com/m@v1.0.0/d${i}/é`, Buffer.from(content)];
        });
        expect([...contentsOf(zip)]).toEqual(expected);
        expect(entries.map(({ method }) => method)).toEqual(files.map(({ method }) => method));
      }),
    );
  });

  it("names what no module may have, ten of them at most", async () => {
    const bad = (n: number): ZippableFile[] =>
      Array.from({ length: n }, (_, i) => zippable(`a:${i}`, new Uint8Array(1)));
    const one = `example.com/m@v1.0.0: create zip: a:0: malformed file path "a:0": invalid char ':'`;
    await expect(zipOf(bad(1))).rejects.toEqual(rejection("INVALID", one));
    await expect(zipOf(bad(12))).rejects.toEqual(rejection("INVALID", "'; and 2 more"));
    const large = { ...zippable("a", new Uint8Array(1)), size: 2 ** 40 };
    await expect(zipOf([large])).rejects.toEqual(
      rejection("TOO_LARGE", "module source tree too large (max size is 524288000 bytes)"),
    );
  });

  it("waits for whoever takes the bytes, and ends with their error", async () => {
    const failure = new Error("full");
    const write = (): Promise<void> => Promise.reject(failure);
    await expect(createModuleZip(ID, [], "", write)).rejects.toBe(failure);
  });

  it("never writes a file of another length than its header says", async () => {
    const file = { ...zippable("a", Buffer.from("abc"), 0), compressedSize: 4 };
    await expect(zipOf([file])).rejects.toThrow('the pieces of "example.com/m@v1.0.0/a" are not 4');
  });
});

/** A test of golang.org/x/mod/zip: `key=value` lines and files in a txtar archive, "want" among them. */
interface Case {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly files: readonly (readonly [name: string, content: Buffer])[];
}

/** Needs the go command, and what its GOPROXY gives. */
describe("the cases of golang.org/x/mod/zip", () => {
  let cache: TemporaryDirectory;
  let testdata: string;

  beforeAll(async () => {
    cache = temporaryDirectory();
    const env = { ...process.env, GOMODCACHE: cache.path, GOFLAGS: "", GOTOOLCHAIN: "local" };
    const args = ["mod", "download", "-json", "golang.org/x/mod@v0.42.0"];
    const { stdout } = await promisify(execFile)("go", args, { cwd: cache.path, env });
    // `go help mod download` documents the field.
    testdata = `${(JSON.parse(stdout) as { Dir: string }).Dir}/zip/testdata`;
  }, 60_000);
  afterAll(() => cache[Symbol.dispose]());

  it("CheckFiles", () => {
    const cases = readCases(`${testdata}/check_files`);
    const isWant = ([name]: Case["files"][number]): boolean => name === "want";
    const wanted = cases.map(({ name, files }) => {
      return [name, inOurWords(files.find(isWant)?.[1].toString() ?? "")];
    });
    const checked = cases.map(({ name, files }) => {
      return [name, checkedFiles(files.filter((file) => !isWant(file)))];
    });
    expect(cases.length).toBeGreaterThanOrEqual(4);
    expect(checked).toEqual(wanted);
  });

  it("Create", async () => {
    // Strings here have no invalid UTF-8.
    const cases = readCases(`${testdata}/create`).filter(({ name }) => !/invalid_utf8/.test(name));
    const wanted = cases.map(({ name, settings: { wantErr = "", hash } }) => {
      return [name, hash ?? inOurWords(wantErr)];
    });
    const created = await Promise.all(
      cases.map(async (testCase, index) => {
        const outcome = await create(testCase);
        const want = wanted[index]?.[1] ?? "";
        // Our message names the module before it says the same.
        return [testCase.name, outcome.endsWith(want) ? want : outcome];
      }),
    );
    expect(cases.length).toBeGreaterThanOrEqual(15);
    expect(created).toEqual(wanted);
  });
});

/** The h1 of the zip, or why there is none. */
async function create({ settings: { path = "", version = "" }, files }: Case): Promise<string> {
  try {
    const id = parseModuleVersion(path, version);
    const zippables = files.map(([file, content]) => zippable(file, content));
    return h1Of(await zipOf(zippables, { id, goVersion: goVersionIn(files) }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readCases(directory: string): Case[] {
  return readdirSync(directory).map((name) => ({
    name,
    ...parseCase(readFileSync(`${directory}/${name}`)),
  }));
}

/** golang.org/x/tools/txtar: a comment, and files each behind a line `-- NAME --`. */
function parseCase(bytes: Buffer): Omit<Case, "name"> {
  const [comment = "", ...rest] = bytes.toString().split(/^-- (.+) --\n/m);
  const settings = comment.split("\n").flatMap((line) => {
    const [, key, value] = /^(\w+)=([^#]*)/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value?.trim() ?? ""] as const];
  });
  const files = rest.flatMap((name, index) =>
    index % 2 === 0 ? [[name, Buffer.from(rest[index + 1] ?? "")] as const] : [],
  );
  return { settings: Object.fromEntries(settings), files };
}

function goVersionIn(files: Case["files"]): string {
  const goMod = files.find(([name]) => name === "go.mod")?.[1];
  return goMod === undefined ? "" : (parseGoModLax(goMod.toString()).go ?? "");
}

/** As formatCheckedFiles of zip_test.go. */
function checkedFiles(files: Case["files"]): string {
  const sources = files.map(([name, content]) => zippable(name, content));
  const { valid, omitted, invalid } = selectModuleFiles(sources, goVersionIn(files));
  const problems = (list: typeof omitted): string =>
    list.map(({ path, reason }) => `${path}: ${reason}\n`).join("");
  const names = valid.map(({ path }) => `${path}\n`).join("");
  return `valid:\n${names}\nomitted:\n${problems(omitted)}\ninvalid:\n${problems(invalid)}`;
}

/** Go escapes the quote in a quoted character. */
function inOurWords(text: string): string {
  return text.replaceAll(String.raw`'\''`, "'''");
}
