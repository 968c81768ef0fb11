import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

/** Field 19 of proc_pid_stat(5): the niceness of the thread itself. */
const READ_NICENESS =
  'Number(require("node:fs").readFileSync("/proc/thread-self/stat", "latin1").split(") ")[1].split(" ")[16])';

it("setThreadNiceness() changes the calling thread and no other", async () => {
  const module = new URL("./thread_priority.ts", import.meta.url).href;
  const source = `
    import(${JSON.stringify(module)}).then(({ setThreadNiceness }) => {
      setThreadNiceness(7);
      require("node:worker_threads").parentPort.postMessage(${READ_NICENESS});
    });`;
  const worker = new Worker(source, { eval: true });
  const niceness = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  expect(niceness).toBe(7);
  const own = readFileSync("/proc/thread-self/stat", "latin1").split(") ")[1]?.split(" ")[16];
  expect(own).not.toBe("7");
});
