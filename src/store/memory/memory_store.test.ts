import { afterAll } from "vitest";
import { createIngestPool } from "../ingest.ts";
import { describeModuleStore } from "../module_store_contract.ts";
import { MemoryStore } from "./memory_store.ts";

const pool = createIngestPool();

afterAll(() => pool.close());

describeModuleStore("MemoryStore", async () => {
  const store = new MemoryStore(pool);
  return { store, close: () => store.close() };
});
