import type { ModuleVersion } from "../module/module_version.ts";
import type { ChecksumPath } from "./checksum_path.ts";

/** What a look-up needs that is not resident. */
export type Want =
  | { readonly kind: "module"; readonly id: ModuleVersion }
  | { readonly kind: "info"; readonly id: ModuleVersion }
  | { readonly kind: "mod"; readonly id: ModuleVersion }
  | Exclude<ChecksumPath, { kind: "directory" }>;
