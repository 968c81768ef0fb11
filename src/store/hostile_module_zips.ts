import { deflateRawSync } from "node:zlib";
import {
  moduleEntries,
  writeModuleZip,
  writeZip,
  type ZipEntrySpec,
} from "../../test/support/hostile_zip.ts";
import type { ErrorCode } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";

/** A module zip that must be refused, for tests. */
export interface HostileModuleZip {
  readonly title: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the error; `INVALID` if it is left out. */
  readonly code?: ErrorCode;
  /** What its message must say. */
  readonly reason: RegExp;
}

/** The module that the hostile zips claim to be. */
export const HOSTILE_ID: ModuleVersion = parseModuleVersion("example.com/hostile", "v1.2.3");

const PREFIX = `${formatModuleVersion(HOSTILE_ID)}/`;
const GOOD = moduleEntries(HOSTILE_ID, { "go.mod": "module example.com/hostile\n" });
const S_IFLNK = 0o120777;
const S_IFIFO = 0o010644;
const BOMB = deflateRawSync(Buffer.alloc(64 << 20));

/** A zip with an honest go.mod and a file of the name, relative to the module's root. */
function withFile(name: string): Uint8Array<ArrayBuffer> {
  return writeZip([...GOOD, { name: PREFIX + name, content: "x" }]);
}

/** An empty deflate stream that a gzip trailer and header follow: as part of a gzip file, all of it inflates to "abc". */
function withSecondStream(): Buffer {
  const emptyMember = Buffer.from("030000000000000000001f8b08000000000000ff", "hex");
  return Buffer.concat([emptyMember, deflateRawSync("abc")]);
}

/** Zips that a store must refuse. */
export const HOSTILE_MODULE_ZIPS: readonly HostileModuleZip[] = [
  { title: "no zip", bytes: Uint8Array.from(Buffer.from("<html>")), reason: /not a zip/ },
  { title: "nothing", bytes: new Uint8Array(0), reason: /not a zip/ },
  {
    title: "traversal",
    bytes: withFile("../evil"),
    reason: /"example.com\/hostile@v1.2.3\/..\/ev/,
  },
  { title: "traversal inside", bytes: withFile("a/../../evil"), reason: /evil/ },
  { title: "dot element", bytes: withFile("./evil"), reason: /evil/ },
  { title: "empty element", bytes: withFile("a//evil"), reason: /evil/ },
  { title: "absolute", bytes: writeZip([{ name: "/etc/passwd" }]), reason: /does not have prefix/ },
  { title: "backslash", bytes: withFile("a\\evil"), reason: /evil/ },
  { title: "drive letter", bytes: withFile("C:evil"), reason: /evil/ },
  { title: "NUL", bytes: withFile("a\0evil"), reason: /evil/ },
  { title: "newline", bytes: withFile("a\nevil"), reason: /evil/ },
  { title: "name that is not UTF-8", bytes: notUtf8(), reason: /not UTF-8/ },
  { title: "trailing dot", bytes: withFile("evil."), reason: /evil/ },
  { title: "Windows device", bytes: withFile("nul.txt"), reason: /nul\.txt/ },
  { title: "file and directory", bytes: files("a", "a/b"), reason: /both a file and a directory/ },
  { title: "case collision", bytes: files("a/b", "A/c"), reason: /case-insensitive/ },
  { title: "Unicode case collision", bytes: files("k", "\u212a"), reason: /case-insensitive/ },
  { title: "the same file twice", bytes: files("a", "a"), reason: /multiple entries/ },
  { title: "go.mod in wrong case", bytes: withFile("GO.MOD"), reason: /GO\.MOD/ },
  { title: "go.mod in a directory", bytes: withFile("sub/go.mod"), reason: /go\.mod file not in/ },
  { title: "wrong prefix", bytes: otherPrefix(), reason: /does not have prefix/ },
  {
    title: "symbolic link",
    bytes: typed(S_IFLNK),
    reason: /"[^"]*\/link" is no regular file \(sym/,
  },
  { title: "named pipe", bytes: typed(S_IFIFO), reason: /is no regular file \(other\)/ },
  { title: "directory with content", bytes: directory(), reason: /is a directory with content/ },
  { title: "wrong CRC-32", bytes: changed({ crc32: 1 }), reason: /\/file" does not match its CRC/ },
  { title: "declared too small", bytes: changed({ size: 2 }), reason: /more than the 2 bytes/ },
  { title: "declared empty", bytes: changed({ size: 0 }), reason: /more than the 0 bytes/ },
  {
    title: "declared too large",
    bytes: changed({ size: 4 }),
    reason: /has 3 bytes and declares 4/,
  },
  {
    title: "stored and too large",
    bytes: changed({ method: 0, size: 4 }),
    reason: /3 bytes and de/,
  },
  { title: "absurd size", bytes: changed({ size: 400 << 20 }), reason: /cannot have the/ },
  {
    title: "bomb",
    bytes: changed({ data: BOMB, size: 3 }),
    reason: /\/file" inflates to more than the 3 bytes/,
  },
  {
    title: "too much altogether",
    bytes: changed({ data: BOMB, size: 501 << 20 }),
    reason: /too large/,
  },
  {
    title: "broken deflate stream",
    bytes: changed({ data: Buffer.alloc(9, 7) }),
    reason: /inflated/,
  },
  { title: "unfinished stream", bytes: changed({ data: unfinished() }), reason: /inflated/ },
  { title: "second stream", bytes: changed({ data: withSecondStream() }), reason: /has 0 bytes/ },
  { title: "overlapping entries", bytes: overlapping(), reason: /overlaps/ },
  { title: "truncated", bytes: truncated(), reason: /not a zip/ },
  { title: "encrypted", bytes: changed({ flags: 1 }), reason: /is encrypted/ },
];

function files(...names: readonly string[]): Uint8Array<ArrayBuffer> {
  return writeZip(names.map((name) => ({ name: PREFIX + name, content: name })));
}

function changed(change: Partial<ZipEntrySpec>): Uint8Array<ArrayBuffer> {
  return writeZip([...GOOD, { name: `${PREFIX}file`, content: "abc", ...change }]);
}

function typed(mode: number): Uint8Array<ArrayBuffer> {
  return writeZip([...GOOD, { name: `${PREFIX}link`, content: "/etc/passwd", mode }]);
}

function directory(): Uint8Array<ArrayBuffer> {
  return writeZip([...GOOD, { name: `${PREFIX}d/`, method: 0, content: "x" }]);
}

function notUtf8(): Uint8Array<ArrayBuffer> {
  return writeZip([{ name: Buffer.from(`${PREFIX}\xff`, "latin1") }]);
}

function otherPrefix(): Uint8Array<ArrayBuffer> {
  const other = parseModuleVersion(HOSTILE_ID.path, "v1.2.4");
  return writeModuleZip(other, { "go.mod": "module example.com/hostile\n" });
}

function unfinished(): Buffer {
  return deflateRawSync("abc").subarray(0, -1);
}

function overlapping(): Uint8Array<ArrayBuffer> {
  const file = { name: `${PREFIX}file`, content: "x" };
  // The file's header lies in the content of the other entry.
  const outer = { name: `${PREFIX}outer`, method: 0, content: writeZip([file]) };
  return writeZip([outer, { ...file, headerOffset: 30 + outer.name.length }]);
}

function truncated(): Uint8Array<ArrayBuffer> {
  return writeZip(GOOD).slice(0, -30);
}
