import { parseModuleVersion } from "../../module/path.ts";
import { createIngestPool } from "../ingest.ts";
import type { Files } from "../module_contents.ts";
import { putFiles } from "./git_for_tests.ts";
import { GitStore } from "./git_store.ts";

/** Module `number` of those that the writing process writes, and its files. */
export function numberedModule(number: number) {
  const id = parseModuleVersion(`example.com/Numbered/m${number % 40}`, `v1.0.${number}`);
  const files: Files = {
    "go.mod": `module ${id.path}\n`,
    LICENSE: "the same in all of them\n".repeat(40),
    [`a/b${number % 7}/c.txt`]: `${number}\n`.repeat(1000),
    "a.bin": Uint8Array.from({ length: 5000 }, (_, at) => (at * number * 2654435761) >>> 13),
  };
  return { id, files };
}

/**
 * A process of its own: opens the store in argument 1, writes the modules whose numbers are from argument 2 up to
 * argument 3, several at a time, and prints the number of each as soon as it is durable.
 */
async function main([directory = "", from = "", to = ""]: readonly string[]): Promise<void> {
  const ingest = createIngestPool({ workers: 1 });
  const store = await GitStore.open({ directory, ingest });
  const numbers = Array.from(
    { length: Number(to) - Number(from) },
    (_, index) => Number(from) + index,
  );
  const waiting = numbers.values();
  const write = async (): Promise<void> => {
    for (const number of waiting) {
      const { id, files } = numberedModule(number);
      await Promise.all([
        putFiles(store, id, files),
        store.putGoMod(id, Buffer.from(`module ${id.path}\n`)),
      ]);
      process.stdout.write(`${number}\n`);
    }
  };
  await Promise.all(Array.from({ length: 6 }, write));
  await store.close();
  await ingest.close();
}

if (import.meta.main) await main(process.argv.slice(2));
