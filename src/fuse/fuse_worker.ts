// The thread of a mount: it reads the store itself, so that a read of what is resident needs no other thread.
import { openStoreReader } from "../store/store_backend.ts";
import { StoredFiles } from "../sumdb/stored_files.ts";
import { VirtualTree } from "../tree/virtual_tree.ts";
import { MountCounters } from "./mount_counters.ts";
import { serveInWorker } from "./session_worker.ts";
import { TreeFileSystem } from "./tree_file_system.ts";
import type { FromTree, ToTree, TreeWorkerData } from "./tree_messages.ts";

serveInWorker(({ data, post, invalidateDirectory }) => {
  // startSession hands over what daemon/fuse_mount.ts of the same build gave it.
  const { backend, checksums, counters } = data as TreeWorkerData;
  const send = (message: FromTree): void => post(message);
  const tree = new VirtualTree(openStoreReader(backend), new StoredFiles(checksums));
  const fileSystem = new TreeFileSystem({
    tree,
    counters: new MountCounters(counters),
    ask: (ticket, want) => send({ ticket, want }),
    invalidateDirectory,
  });
  // The other half posts nothing else.
  const receive = (message: ToTree): void => {
    if (message.kind === "arriving") tree.accept(message.id, message.file, message.content);
    else fileSystem.refresh();
  };
  return { fileSystem, onMessage: (message) => receive(message as ToTree) };
});
