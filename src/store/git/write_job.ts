import type { ModuleVersion } from "../../module/module_version.ts";
import { DeflateStreams } from "../deflate_streams.ts";
import type { IngestedModule } from "../ingest.ts";
import type { Manifest } from "../manifest.ts";
import { decodeManifest, withStoredSizes } from "../manifest_codec.ts";
import { ZLIB_OVERHEAD, zlibStreamOf } from "../zlib_stream.ts";
import { buildModuleTrees } from "./module_tree.ts";
import type { NewObjects, ObjectStream } from "./new_objects.ts";
import type { ObjectId } from "./object_id.ts";

/** Something to be written, to which one ref will lead. */
export type WriteJob =
  | {
      readonly kind: "info" | "mod";
      readonly id: ModuleVersion;
      readonly content: Uint8Array;
      readonly size: number;
    }
  | {
      readonly kind: "zip";
      readonly id: ModuleVersion;
      readonly module: IngestedModule;
      readonly size: number;
    };

/**
 * Adds what a job writes.
 *
 * @param resources gets what has to stay open until the objects are written
 * @returns the object that the job's ref is to name
 * @throws GomodfsError `SECURITY` if a content has the id of another one that is stored
 */
export function addJobObjects(
  job: WriteJob,
  objects: NewObjects,
  resources: DisposableStack,
): ObjectId {
  if (job.kind === "zip") {
    return addModule(job.module, resources.use(new DeflateStreams(job.module)), objects);
  }
  return objects.add("blob", job.content, "deflated");
}

function addModule(module: IngestedModule, streams: DeflateStreams, objects: NewObjects): ObjectId {
  const manifest = decodeManifest(module.manifest);
  const storedSizes = addFiles(module, manifest, streams, objects);
  const manifestId = objects.add("blob", withStoredSizes(module.manifest, storedSizes), "stored");
  const ziphash = objects.add("blob", Buffer.from(module.h1, "latin1"), "stored");
  const files = Array.from({ length: manifest.count }, (_, index) => ({
    name: manifest.name(index),
    id: manifest.objectId(index),
  }));
  const trees = buildModuleTrees(files, manifestId, ziphash);
  return trees.map((tree) => objects.add("tree", tree.content, "stored")).at(-1) ?? manifestId;
}

/** The stored sizes of the files: of what was stored before where it was, of what comes from the zip otherwise. */
function addFiles(
  { adler32s }: IngestedModule,
  manifest: Manifest,
  streams: DeflateStreams,
  objects: NewObjects,
): Int32Array {
  return Int32Array.from({ length: manifest.count }, (_, index) => {
    const storedSize = manifest.storedSize(index);
    const length = objects.addStream({
      type: "blob",
      id: manifest.objectId(index),
      size: manifest.size(index),
      stream: new FileStream(streams, index, storedSize, adler32s[index] ?? 0),
      sha256: manifest.sha256(index),
    });
    return length - ZLIB_OVERHEAD;
  });
}

/** The zlib stream of one file. */
class FileStream implements ObjectStream {
  readonly length: number;
  readonly #streams: DeflateStreams;
  readonly #index: number;
  readonly #adler32: number;

  constructor(streams: DeflateStreams, index: number, storedSize: number, adler32: number) {
    this.length = storedSize + ZLIB_OVERHEAD;
    this.#streams = streams;
    this.#index = index;
    this.#adler32 = adler32;
  }

  pieces(): Iterable<Uint8Array> {
    const deflated = this.#streams.pieces(this.#index, this.length - ZLIB_OVERHEAD);
    return zlibStreamOf(deflated, this.#adler32);
  }
}
