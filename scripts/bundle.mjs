// Bundles the command line and its worker threads into dist/: a bundle starts in half the time of the .ts tree.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

const outdir = new URL("../dist/", import.meta.url).pathname;
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: ["src/cli/gomodfs.ts", "src/fuse/fuse_worker.ts", "src/store/ingest_worker.ts"],
  entryNames: "[name]",
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // koffi loads its own prebuilt binary by a path beside itself.
  external: ["koffi"],
  banner: {
    // Bundled CommonJS packages call require for Node's own modules.
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  legalComments: "none",
  sourcemap: "linked",
  logLevel: "warning",
});
