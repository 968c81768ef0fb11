import { compareBytes } from "../module/byte_order.ts";
import { compare } from "../module/semver.ts";
import type { ResidentModule } from "../store/module_store.ts";

/** The order in which modules are shown: by path, then by version. */
export function byPathAndVersion({ id: a }: ResidentModule, { id: b }: ResidentModule): number {
  return (
    compareBytes(a.path, b.path) ||
    compare(a.version, b.version) ||
    compareBytes(a.version, b.version)
  );
}
