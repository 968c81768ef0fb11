// The thread of a mount: it reads the store itself, so that a read of what is resident needs no other thread.
import { GitStoreReader } from "../store/git/git_store_reader.ts";
import { StoredFiles } from "../sumdb/stored_files.ts";
import { VirtualTree } from "../tree/virtual_tree.ts";
import { MountCounters } from "./mount_counters.ts";
import { serveInWorker } from "./session_worker.ts";
import { TreeFileSystem } from "./tree_file_system.ts";
import type { FromTree, TreeWorkerData } from "./tree_messages.ts";

serveInWorker(({ data, post, invalidateDirectory }) => {
  // startSession hands over what daemon/fuse_mount.ts of the same build gave it.
  const { git, checksums, counters } = data as TreeWorkerData;
  const send = (message: FromTree): void => post(message);
  const fileSystem = new TreeFileSystem({
    tree: new VirtualTree(GitStoreReader.open(git), new StoredFiles(checksums)),
    counters: new MountCounters(counters),
    ask: (ticket, want) => send({ ticket, want }),
    invalidateDirectory,
  });
  return { fileSystem, onMessage: () => fileSystem.refresh() };
});
