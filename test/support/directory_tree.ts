import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * All that is visible of a directory tree, a line for each name: `100444 1 123 SHA256 a/b.go` with type and mode in
 * octal, links, size and content. Directories are without links and size, which each file system counts in its own way.
 */
export async function describeTree(root: string): Promise<string[]> {
  const lines: string[] = [];
  const queue = [""];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    lines.push(await describeFile(root, path));
    const directory = join(root, path);
    if (!(await lstat(directory)).isDirectory()) continue;
    const names = await readdir(directory);
    queue.push(...names.map((name) => (path === "" ? name : `${path}/${name}`)));
  }
  return lines.sort();
}

async function describeFile(root: string, path: string): Promise<string> {
  const file = join(root, path);
  const stats = await lstat(file);
  const name = path === "" ? "." : path;
  if (stats.isDirectory()) return `${describeMode(stats)} ${name}`;
  if (!stats.isFile()) return `${describeMode(stats)} special ${name}`;
  const hash = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  return `${describeMode(stats)} ${stats.nlink} ${stats.size} ${hash} ${name}`;
}

function describeMode({ mode }: Stats): string {
  return mode.toString(8).padStart(6, "0");
}
