import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader } from "../store/module_store.ts";
import type { OfferedFile, OfferedModule, OfferedZip } from "./offered_module.ts";
import { RebuiltZip } from "./rebuilt_zip.ts";

/**
 * The modules in another store.
 *
 * @param place names the store in messages
 */
export function* storeOffers(
  reader: ModuleReader,
  place: string,
): Generator<OfferedModule, undefined> {
  for (const { id, zip } of reader.list()) {
    yield {
      kind: "module",
      id,
      info: storedFile(place, () => reader.readInfo(id)),
      goMod: storedFile(place, () => reader.readGoMod(id)),
      zip: zip ? storedZip(reader, id, place) : undefined,
    };
  }
}

function storedFile(place: string, read: () => Uint8Array | undefined): OfferedFile | undefined {
  const content = read();
  return content && { place, read: async () => content };
}

function storedZip(reader: ModuleReader, id: ModuleVersion, place: string): OfferedZip {
  const open = (): RebuiltZip => {
    const module = reader.openModule(id);
    if (module !== undefined) return new RebuiltZip(module);
    throw new GomodfsError("STORE", `${formatModuleVersion(id)} is not whole in ${place}`);
  };
  return {
    place,
    size: () => open().size(),
    readInto: async (bytes) => await open().readInto(bytes),
    writeTo: async (path) => await open().writeTo(path),
  };
}
