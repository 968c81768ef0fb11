/**
 * A program that serves the tree of memory_tree.ts at argv[2] and says "ready" when it does. argv[3] may be
 * "shared", to let other users in. A line "exit" on its input ends the process at once, with the session running; "stop"
 * unmounts and stops properly.
 */
import { createInterface } from "node:readline";
import { mount } from "../mount.ts";
import { startSession } from "../session.ts";
import { unmount } from "../unmount.ts";

const [, , directory = "", sharing] = process.argv;
const { device, mountPoint } = await mount(directory, sharing === "shared" ? { allowOther: true } : {});
const session = startSession({
  device,
  mountPoint,
  worker: new URL("./memory_worker.ts", import.meta.url),
  data: undefined,
  onMessage: () => {},
  onError: ({ stack }) => process.stderr.write(`${stack}\n`),
});
await session.ready;
process.stdout.write("ready\n");
for await (const line of createInterface(process.stdin)) {
  if (line === "exit") process.exit(0);
  if (line === "stop") break;
}
await unmount(mountPoint);
process.stdout.write(`${await session.closed}\n`);
process.exit(0);
