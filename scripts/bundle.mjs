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
  // ES modules can be bundled in parts: of the request signer 34 KB instead of 375.
  mainFields: ["module", "main"],
  target: "node24",
  legalComments: "none",
  sourcemap: "linked",
  logLevel: "warning",
};

/** Leaves modules beside the one that imports them in a bundle of their own, whose name ends so. */
function apart(...bundles) {
  return {
    name: "apart",
    setup({ onResolve }) {
      for (const [name, extension] of bundles) {
        onResolve({ filter: new RegExp(`^\\./${name}\\.ts$`) }, () => ({
          path: `./${name}.${extension}`,
          external: true,
        }));
      }
    },
  };
}

// The entry by itself, in one small file: `gomodfs version` reads nothing else.
await build({
  ...common,
  entryPoints: ["src/cli/gomodfs.ts"],
  plugins: [apart(["program", "js"], ["cacheprog", "cjs"])],
});

// What each go command starts, in one file, and CommonJS: an ES module that imports node:fs waits 3 ms for what it does
// not use of it.
await build({
  ...common,
  entryPoints: ["src/cli/cacheprog.ts"],
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  external: ["koffi"],
  plugins: [apart(["cacheprog_service", "js"])],
});

await build({
  ...common,
  entryPoints: [
    "src/cli/program.ts",
    "src/cli/cacheprog_service.ts",
    "src/fuse/fuse_worker.ts",
    "src/store/ingest_worker.ts",
  ],
  splitting: true,
  // koffi loads its own prebuilt binary by a path beside itself.
  external: ["koffi"],
  banner: {
    // Bundled CommonJS packages call require for Node's own modules.
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
