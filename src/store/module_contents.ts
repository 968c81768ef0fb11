import { createHash } from "node:crypto";
import { crc32, inflateRawSync } from "node:zlib";
import { hash1 } from "../module/dirhash.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import type { StoredModule } from "./module_store.ts";

/** Files of a module for tests: names relative to its root, and contents. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** All that a store says of a file, in a form that tests can compare. Hashes are in hex. */
interface FileContents {
  readonly name: string;
  /** The index at which the manifest finds the name. */
  readonly index: number;
  readonly size: number;
  readonly crc32: number;
  readonly objectId: string;
  readonly sha256: string;
  /** SHA-256 of what readFile() gives. */
  readonly content: string;
  /** SHA-256 of what the stream of readDeflated() inflates to; where none is kept, of the content. */
  readonly inflated: string;
}

/** All that a store says of a module's files; undefined where the module is not resident. */
export function contentsOf(module: StoredModule | undefined) {
  if (module === undefined) return undefined;
  const { count, totalSize } = module.manifest;
  return { totalSize, files: Array.from({ length: count }, (_, index) => fileOf(module, index)) };
}

/** What {@linkcode contentsOf} must give for a module of these files. */
export function expectedContents(files: Files) {
  const names = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const expected = names.map((name, index) => expectedFile(name, index, files[name] ?? ""));
  return { totalSize: expected.reduce((sum, { size }) => sum + size, 0), files: expected };
}

/** The hash of a module of these files. */
export function expectedH1(id: ModuleVersion, files: Files): H1 {
  return hash1(
    Object.entries(files).map(([name, content]) => ({
      name: `${formatModuleVersion(id)}/${name}`,
      sha256: createHash("sha256").update(content).digest(),
    })),
  );
}

function fileOf(module: StoredModule, index: number): FileContents {
  const { manifest } = module;
  const content = module.readFile(index);
  const deflated = readStream(module, index);
  return {
    name: manifest.name(index),
    index: manifest.find(manifest.name(index)),
    size: manifest.size(index),
    crc32: manifest.crc32(index),
    objectId: Buffer.from(manifest.objectId(index)).toString("hex"),
    sha256: Buffer.from(manifest.sha256(index)).toString("hex"),
    content: sha256(content),
    inflated: sha256(deflated === undefined ? content : inflateRawSync(deflated)),
  };
}

function expectedFile(name: string, index: number, text: string | Uint8Array): FileContents {
  const content = Buffer.from(text);
  const hash = sha256(content);
  const blob = createHash("sha1").update(`blob ${content.length}\0`).update(content);
  return {
    name,
    index,
    size: content.length,
    crc32: crc32(content),
    objectId: blob.digest("hex"),
    sha256: hash,
    content: hash,
    inflated: hash,
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The deflate stream, read in two pieces; undefined where none is kept. */
function readStream(module: StoredModule, index: number): Uint8Array | undefined {
  const size = module.manifest.storedSize(index);
  const stream = new Uint8Array(Math.max(0, size));
  const middle = Math.floor(stream.length / 3);
  const found = [
    module.readDeflated(index, middle, stream.subarray(middle)),
    module.readDeflated(index, 0, stream.subarray(0, middle)),
  ];
  if (found.some((each) => each !== size >= 0)) throw new Error("the manifest is wrong about it");
  return size < 0 ? undefined : stream;
}
