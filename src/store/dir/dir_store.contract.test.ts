import { describe } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { describeModuleStore } from "../module_store_contract.ts";
import { DirStore } from "./dir_store.ts";
import { SynchronousExtractor } from "./synchronous_extractor.ts";

describe.each([
  { extract: true, writableDirectories: false },
  { extract: true, writableDirectories: true },
  { extract: false, writableDirectories: false },
])("with extract: $extract, writableDirectories: $writableDirectories", (options) => {
  describeModuleStore("DirStore", async () => {
    const directory = temporaryDirectory();
    const open = (): DirStore =>
      new DirStore({
        ...options,
        directory: directory.path,
        extractor: new SynchronousExtractor(),
      });
    const store = open();
    return {
      store,
      reopen: async () => open(),
      close: async () => {
        await store.close();
        directory[Symbol.dispose]();
      },
    };
  });
});
