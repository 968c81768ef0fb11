import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const pollMilliseconds = 25;
/** A lock file is empty between its creation and its first write; for longer only if its process died right there. */
const emptyMilliseconds = 5_000;

/**
 * Runs `work` while this process holds the lock file `path`. A lock whose process is gone is taken over, so a test run
 * that was killed holds nobody up.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryCreate(path))) {
    if (await isAbandoned(path)) await rm(path, { force: true });
    else await sleep(pollMilliseconds);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return false;
  const pid = Number(await readFile(path, "utf8").catch(() => ""));
  if (pid === 0) return Date.now() - stats.mtimeMs > emptyMilliseconds;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
