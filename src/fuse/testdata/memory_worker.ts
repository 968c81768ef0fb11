import { serveInWorker } from "../session_worker.ts";
import { MemoryFileSystem } from "./memory_file_system.ts";
import { memoryTree } from "./memory_tree.ts";

/** What the worker tells: somebody waits for `name`. */
export interface Wait {
  readonly ticket: number;
  readonly name: string;
}

/** What the worker is told: `name` exists now. */
export interface Release {
  readonly name: string;
  readonly content: Uint8Array;
}

serveInWorker(({ post }) => {
  const fileSystem = new MemoryFileSystem(memoryTree(), (ticket, name) =>
    post({ ticket, name } satisfies Wait),
  );
  return {
    fileSystem,
    onMessage: (message) => {
      // The tests post nothing else.
      const { name, content } = message as Release;
      fileSystem.release(name, content);
    },
  };
});
