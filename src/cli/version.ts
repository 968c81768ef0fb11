import { VERSION } from "../lib/version.ts";

/** What `gomodfs version` prints. */
export function versionLine(): string {
  return `gomodfs ${VERSION} (node ${process.versions.node}, ${process.platform}-${process.arch})`;
}
