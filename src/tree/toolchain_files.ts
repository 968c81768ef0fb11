import { compareBytes } from "../module/byte_order.ts";
import { isToolchainExecutable, toolchainGoMods } from "../module/toolchain.ts";
import type { Manifest } from "../store/manifest.ts";
import type { FileTable } from "./file_table.ts";

interface Row {
  readonly name: string;
  readonly source: number;
}

/**
 * The files of golang.org/toolchain as cmd/go leaves them after its first use (cmd/go/internal/toolchain/select.go,
 * Exec): programs are executable, and beside each `_go.mod` stands its copy `go.mod`, since a module zip cannot hold
 * other modules. A file system that cannot be written must show both from the start.
 */
export function toolchainFileTable(manifest: Manifest): FileTable {
  const rows = toolchainRows(manifest);
  const indexes = new Map(rows.map((row, index) => [row.name, index]));
  const row = (index: number): Row => {
    const found = rows[index];
    if (found === undefined) throw new RangeError(`No file ${index} among ${rows.length}`);
    return found;
  };
  return {
    count: rows.length,
    name: (index) => row(index).name,
    size: (index) => manifest.size(row(index).source),
    executable: (index) => isToolchainExecutable(row(index).name),
    source: (index) => row(index).source,
    find: (name) => indexes.get(name) ?? -1,
  };
}

function toolchainRows(manifest: Manifest): Row[] {
  const files = Array.from({ length: manifest.count }, (_, source) => ({
    name: manifest.name(source),
    size: manifest.size(source),
    source,
  }));
  const sources = new Map(files.map(({ name, source }) => [name, source]));
  for (const [copy, original] of toolchainGoMods(files)) {
    const source = sources.get(original);
    if (source !== undefined) sources.set(copy, source);
  }
  return [...sources]
    .map(([name, source]) => ({ name, source }))
    .sort((a, b) => compareBytes(a.name, b.name));
}
