import type { ModuleVersion } from "../../module/module_version.ts";
import type { IngestedModule } from "../ingest.ts";
import type { Manifest } from "../manifest.ts";
import { decodeManifest, withStoredSizes } from "../manifest_codec.ts";
import { ZLIB_OVERHEAD } from "../zlib_stream.ts";
import { buildModuleTrees } from "./module_tree.ts";
import type { NewObjects } from "./new_objects.ts";
import { type ObjectId, objectIdFromBytes } from "./object_id.ts";

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
 * @returns the object that the job's ref is to name
 * @throws GomodfsError `SECURITY` if a content has the id of another one that is stored
 */
export function addJobObjects(job: WriteJob, objects: NewObjects): ObjectId {
  if (job.kind === "zip") return addModule(job.module, objects);
  return objects.add("blob", job.content, 6);
}

function addModule(module: IngestedModule, objects: NewObjects): ObjectId {
  const manifest = decodeManifest(module.manifest);
  const storedSizes = addFiles(module, manifest, objects);
  const manifestId = objects.add("blob", withStoredSizes(module.manifest, storedSizes), 0);
  const ziphash = objects.add("blob", Buffer.from(module.h1, "latin1"), 6);
  const files = Array.from({ length: manifest.count }, (_, index) => ({
    name: manifest.name(index),
    id: manifest.objectId(index),
  }));
  const trees = buildModuleTrees(files, manifestId, ziphash);
  return trees.map((tree) => objects.add("tree", tree.content, 0)).at(-1) ?? manifestId;
}

/** The stored sizes of the files: of what was stored before where it was, of what comes from the zip otherwise. */
function addFiles(module: IngestedModule, manifest: Manifest, objects: NewObjects): Int32Array {
  const sizes = new Int32Array(manifest.count);
  const lengths = new Map<ObjectId, number>();
  for (let index = 0; index < manifest.count; index++) {
    const start = index === 0 ? 0 : module.streamEnds[index - 1];
    const stream = module.streams.subarray(start, module.streamEnds[index]);
    const id = manifest.objectId(index);
    const key = objectIdFromBytes(id);
    const length =
      stream.length === 0
        ? lengths.get(key)
        : objects.addStream({
            type: "blob",
            id,
            size: manifest.size(index),
            stream,
            sha256: manifest.sha256(index),
          });
    if (length === undefined) throw new RangeError(`no earlier file has the content of ${index}`);
    lengths.set(key, length);
    sizes[index] = length - ZLIB_OVERHEAD;
  }
  return sizes;
}
