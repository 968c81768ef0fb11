// Bundles the command line and its worker threads into dist/: a bundle starts in half the time of the .ts tree.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

const outdir = new URL("../dist/", import.meta.url).pathname;
await rm(outdir, { recursive: true, force: true });

const common = {
  outdir,
  entryNames: "[name]",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  legalComments: "none",
  sourcemap: "linked",
  logLevel: "warning",
};

// The entry by itself, in one small file: `gomodfs version` reads nothing else.
await build({
  ...common,
  entryPoints: ["src/cli/gomodfs.ts"],
  plugins: [
    {
      name: "program-apart",
      setup({ onResolve }) {
        onResolve({ filter: /^\.\/program\.ts$/ }, () => ({
          path: "./program.js",
          external: true,
        }));
      },
    },
  ],
});

await build({
  ...common,
  entryPoints: ["src/cli/program.ts", "src/fuse/fuse_worker.ts", "src/store/ingest_worker.ts"],
  splitting: true,
  // koffi loads its own prebuilt binary by a path beside itself.
  external: ["koffi"],
  banner: {
    // Bundled CommonJS packages call require for Node's own modules.
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
