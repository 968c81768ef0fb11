/**
 * The address of a worker thread's entry file. In the source tree that is the .ts file itself; in the bundle, where
 * every entry lies beside the others, its .js file.
 *
 * @param source where the entry is in the source tree: `new URL("./fuse_worker.ts", import.meta.url)`
 */
export function workerEntry(source: URL, importer: string): URL {
  if (importer.endsWith(".ts")) return source;
  const name = source.pathname.slice(source.pathname.lastIndexOf("/") + 1);
  return new URL(`./${name.replace(/\.ts$/, ".js")}`, importer);
}
