import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseModuleVersion } from "../src/module/path.ts";
import { GitStore } from "../src/store/git/git_store.ts";
import { createIngestPool } from "../src/store/ingest.ts";
import { madeUpModule } from "../test/support/made_up_module.ts";
import { Bench } from "./bench.ts";

/** Modules that are put at a time: enough to share commits, few enough for the queue of the ingest threads. */
const LANES = 64;

/** A store with so many small modules, made once and kept between runs. Not to be written: copy it. */
export async function generatedStore(modules: number): Promise<string> {
  const directory = Bench.cached(`store-of-${modules}`);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  const ingest = createIngestPool();
  try {
    const store = await GitStore.open({ directory: join(partial, "git"), ingest });
    const numbers = Array.from({ length: modules }, (_, index) => index).values();
    const lane = async (): Promise<void> => {
      for (const number of numbers) await putModule(store, number);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await store.close();
  } finally {
    await ingest.close();
  }
  await rename(partial, directory);
  return directory;
}

/** Ten versions each of modules in a hundred groups, as people's dependencies are spread. */
async function putModule(store: GitStore, number: number): Promise<void> {
  const path = `example.com/group${number % 100}/module${Math.floor(number / 1000)}`;
  const id = parseModuleVersion(path, `v1.${Math.floor(number / 100) % 10}.0`);
  const { info, goMod, zip } = madeUpModule(id, {
    "module.go": `package module\n\nconst Number = ${number}\n`,
    "module_test.go": "package module\n",
    LICENSE: "Nobody needs a licence for this.\n",
  });
  await store.putInfo(id, info);
  await store.putGoMod(id, goMod);
  await store.putModule(id, { kind: "memory", bytes: new Uint8Array(zip) }, () => {});
}
