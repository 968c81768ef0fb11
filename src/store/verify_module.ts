import { createHash } from "node:crypto";
import { hash1 } from "../module/dirhash.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import type { StoredModule } from "./module_store.ts";

/** What reading a resident module again found. */
export type Verification =
  | { readonly ok: true; readonly files: number; readonly bytes: number }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads every stored byte of a module again and compares it with the sizes and hashes of its manifest and with its h1.
 *
 * @throws GomodfsError `STORE` if a file cannot be read
 */
export function verifyModule(module: StoredModule): Verification {
  const { manifest } = module;
  const prefix = formatModuleVersion(module.id);
  const files: { name: string; sha256: Uint8Array }[] = [];
  for (let index = 0; index < manifest.count; index++) {
    const content = module.readFile(index);
    const sha256 = createHash("sha256").update(content).digest();
    const name = manifest.name(index);
    if (content.length !== manifest.size(index) || !sha256.equals(manifest.sha256(index))) {
      return { ok: false, reason: `${name} does not have the content that was verified` };
    }
    files.push({ name: `${prefix}/${name}`, sha256 });
  }
  // The hash covers the zip's directory entries too, as empty files.
  const empty = createHash("sha256").digest();
  for (const name of manifest.directories) files.push({ name: `${prefix}/${name}`, sha256: empty });
  const h1 = hash1(files);
  if (h1 !== module.h1)
    return { ok: false, reason: `its files hash to ${h1}, not to ${module.h1}` };
  return { ok: true, files: manifest.count, bytes: manifest.totalSize };
}
