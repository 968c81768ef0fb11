import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { describeTree } from "../../../test/support/directory_tree.ts";
import { downloadFile } from "../../../test/support/modules.ts";
import { Sandbox } from "../../../test/support/sandbox.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { goModDownload } from "./go_command_for_tests.ts";

const ID = parseModuleVersion("golang.org/x/mod", "v0.17.0");
const KILLS = 8;
const PROGRAM = new URL("./testdata/put_modules.ts", import.meta.url).pathname;

/**
 * What the go command leaves too if it is killed, and does not repair: `.info` and `.mod` files that were never finished,
 * and a `list` that lacks the last version until the next one comes.
 */
const UNREPAIRED_PATTERN = /\.(?:info|mod)\d+\.tmp$|\/list$/;

/** Runs the writer and kills it some time after it has begun; tells how long it ran, and whether it was done. */
async function putAndKill(
  directory: string,
  base: string,
  milliseconds: number,
): Promise<{ readonly done: boolean; readonly ran: number }> {
  const writer = spawn(process.execPath, [PROGRAM, directory, ID.path, ID.version, base], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(writer, "close");
  let output = "";
  writer.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await Promise.race([once(writer.stdout, "data"), closed]);
  const start = performance.now();
  await Promise.race([sleep(milliseconds), closed]);
  const ran = performance.now() - start;
  writer.kill("SIGKILL");
  await closed;
  expect(output).toContain("started");
  return { done: output.includes("done"), ran };
}

async function describeRepaired(modcache: string): Promise<string[]> {
  return (await describeTree(modcache)).filter((line) => !UNREPAIRED_PATTERN.test(line));
}

it("what a killed writer leaves, the go command completes", async () => {
  await using sandbox = await Sandbox.create();
  const complete = sandbox.path("complete");
  expect(await goModDownload(sandbox, complete, [ID])).toMatchObject({ status: 0 });
  const expected = await describeRepaired(complete);
  const base = join(complete, downloadFile(ID));

  const unhurt = await putAndKill(sandbox.path("unhurt"), base, 30_000);
  expect(unhurt.done).toBe(true);

  let unfinished = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const modcache = sandbox.path(`killed-${kill}`);
    const { done } = await putAndKill(modcache, base, (unhurt.ran * kill) / KILLS);
    if (!done) unfinished++;
    expect(await goModDownload(sandbox, modcache, [ID])).toMatchObject({ status: 0 });
    expect(await describeRepaired(modcache)).toEqual(expected);
  }
  expect(unfinished).toBeGreaterThan(KILLS / 3);
});
