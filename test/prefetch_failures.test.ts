import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AnswerFault } from "./support/answer_fault.ts";
import { copyProject, prefetchSuccessfully, temporaryFiles } from "./support/prefetch.ts";
import type { ProgramResult } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

const QUOTE = "rsc.io/quote@v1.5.2";
const QUOTE_ZIP = /rsc\.io\/quote\/@v\/v1\.5\.2\.zip$/;

/** Modules that a build needs; the go command finds all else itself. */
async function buildOffline(sandbox: Sandbox, directory: string): Promise<void> {
  const environment = { GOPROXY: "off", GOFLAGS: "-mod=readonly" };
  await sandbox.go(["build", "-trimpath", "./..."], { directory, environment });
  expect(await sandbox.go(["mod", "verify"], { directory, environment })).toBe(
    "all modules verified\n",
  );
}

async function prefetchWithFault(sandbox: Sandbox, fault: AnswerFault): Promise<ProgramResult> {
  sandbox.proxy.addFault(fault);
  return await sandbox.gomodfs(["prefetch"], { directory: copyProject(sandbox) });
}

describe("a proxy that", () => {
  it.each<{ name: string; fault: AnswerFault }>([
    { name: "is slow", fault: { pattern: /\.(zip|mod)$/, delay: 300 } },
    { name: "breaks connections", fault: { pattern: QUOTE_ZIP, cutAfter: 100, times: 1 } },
    { name: "answers 500 once", fault: { pattern: QUOTE_ZIP, status: 500, times: 1 } },
    {
      name: "answers 429 once",
      fault: { pattern: QUOTE_ZIP, status: 429, headers: { "retry-after": "1" }, times: 1 },
    },
  ])("$name gives all in the end", async ({ fault }) => {
    await using sandbox = await Sandbox.create();
    const { status, stderr } = await prefetchWithFault(sandbox, fault);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await buildOffline(sandbox, sandbox.path("project"));
  });

  it.each<{ status: number; says: RegExp }>([
    { status: 403, says: /403/ },
    { status: 404, says: /404|not found/i },
    { status: 410, says: /410|not found/i },
    { status: 429, says: /429/ },
    { status: 500, says: /500/ },
  ])("always answers $status is blamed for the module, with advice", async ({ status, says }) => {
    await using sandbox = await Sandbox.create();
    const fault = { pattern: QUOTE_ZIP, status, headers: { "retry-after": "0" } };
    const result = await prefetchWithFault(sandbox, fault);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(QUOTE);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^ {2}\w/m);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
  });

  it("cuts each answer is blamed, and nothing is left of its zip", async () => {
    await using sandbox = await Sandbox.create();
    const result = await prefetchWithFault(sandbox, { pattern: QUOTE_ZIP, cutAfter: 100 });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(QUOTE);
    expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
  });

  it("cannot be reached is blamed", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const { url } = sandbox.proxy;
    await sandbox.proxy.close();
    const { status, stderr } = await sandbox.gomodfs(["prefetch"], { directory });
    expect(status).toBe(1);
    expect(stderr).toContain(url);
    expect(stderr).toContain("ECONNREFUSED");
  });
});

describe("a module whose checksum differs", () => {
  const forged = `h1:${"A".repeat(43)}=`;

  async function forgeSum(directory: string, line: RegExp): Promise<string> {
    const file = join(directory, "go.sum");
    const text = await readFile(file, "utf8");
    const [, genuine = ""] = line.exec(text) ?? [];
    await writeFile(file, text.replace(genuine, forged));
    return genuine;
  }

  it("is refused: expected, found, exit 1, and nothing half-written", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const genuine = await forgeSum(directory, /^rsc\.io\/quote v1\.5\.2 (h1:.*)$/m);
    const { status, stderr } = await sandbox.gomodfs(["prefetch"], { directory });
    expect(status).toBe(1);
    for (const part of [QUOTE, forged, genuine, "go.sum"]) expect(stderr).toContain(part);
    expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
    await expect(readFile(join(sandbox.modcache, QUOTE, "go.mod"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("does not keep --continue-on-error from the rest, but the exit code is 1", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    await forgeSum(directory, /^rsc\.io\/quote v1\.5\.2 (h1:.*)$/m);
    await forgeSum(directory, /^gopkg\.in\/yaml\.v3 v3\.0\.1\/go\.mod (h1:.*)$/m);
    const args = ["prefetch", "--continue-on-error"];
    const { status, stdout, stderr } = await sandbox.gomodfs(args, { directory });
    expect(status).toBe(1);
    expect(stderr.match(/checksum mismatch/g)).toHaveLength(2);
    expect(stdout).toContain(", 2 parts failed, ");
    await readFile(join(sandbox.modcache, "golang.org/x/text@v0.14.0/go.mod"));
    // Once go.sum is right again, the next run fetches only what is missing.
    const good = copyProject(sandbox, undefined, "good");
    await prefetchSuccessfully(sandbox, good);
    await buildOffline(sandbox, good);
  });
});

describe("a full disk", () => {
  it("is named, and leaves nothing half-written", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const small = sandbox.mountPoint("small");
    sandbox.makeDirectory("small");
    await sandbox.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small]);
    const modcache = join(small, "mod");
    const args = ["prefetch", "--modcache", modcache];
    const { status, stdout, stderr } = await sandbox.gomodfs(args, { directory });
    expect({ status, stdout }).toMatchObject({ status: 1 });
    expect(stderr).toMatch(/no space/);
    expect(stderr).toContain(small);
    expect(stderr).toMatch(/^ {2}\w/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await temporaryFiles(modcache)).toEqual([]);
    await sandbox.run(["mount", "-o", "remount,size=200m", small]);
    const environment = { GOMODCACHE: modcache, GOFLAGS: "-mod=readonly" };
    expect(await sandbox.go(["mod", "verify"], { directory, environment })).toBe(
      "all modules verified\n",
    );
    await prefetchSuccessfully(sandbox, directory, "--modcache", modcache);
  });
});
