import { afterAll } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { createIngestPool } from "../ingest.ts";
import { describeModuleStore } from "../module_store_contract.ts";
import { GitStore } from "./git_store.ts";

const ingest = createIngestPool();

afterAll(() => ingest.close());

describeModuleStore("GitStore", async () => {
  const directory = temporaryDirectory();
  const store = await GitStore.open({ directory: directory.path, ingest });
  return {
    store,
    reopen: () => GitStore.open({ directory: directory.path, ingest }),
    close: async () => {
      await store.close();
      directory[Symbol.dispose]();
    },
  };
});
