import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseModuleVersion } from "../src/module/path.ts";
import type { GomodfsMount } from "./support/gomodfs_mount.ts";
import { moduleEntries, writeZip } from "./support/hostile_zip.ts";
import { fetchBytes, LIES, UNKNOWN } from "./support/lies.ts";
import { downloadFile, moduleDirectory } from "./support/modules.ts";
import { runProgram } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";
import { residentModules, toldFailures } from "./support/store_checks.ts";

describe("when the proxy says", () => {
  let sandbox: Sandbox;
  let mount: GomodfsMount;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    mount = await sandbox.mount({
      options: ["--log-format", "json"],
      variables: { GONOSUMDB: UNKNOWN },
    });
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  it.each(LIES)("$name, nothing wrong is served and the reason can be seen", async (lie) => {
    const id = parseModuleVersion(lie.module, lie.version);
    await lie.tell(sandbox.proxy, `/${downloadFile(id).replace(/^cache\/download\//, "")}`);
    const name =
      lie.reads === "directory" ? moduleDirectory(id) : `${downloadFile(id)}.${lie.reads}`;
    await expect(lstat(join(mount.directory, name))).rejects.toMatchObject({ code: lie.errno });

    const part = lie.reads === "directory" ? "zip" : lie.reads;
    const what = `${lie.module}@${lie.version}.${part}`;
    const failure = (await toldFailures(sandbox)).findLast((told) => told.what === what);
    expect(failure?.code).toBe(lie.code);
    expect(failure?.reason).toMatch(lie.reason);
    expect(mount.log).toContain(what);
    expect(await residentModules(sandbox)).not.toContain(`${lie.module}@${lie.version}`);
    await expect(readFile(join(mount.directory, name))).rejects.toMatchObject({ code: lie.errno });
  });

  it("has taken no more memory for it than a few modules' worth", async () => {
    const status = await readFile(`/proc/${mount.pid}/status`, "utf8");
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
    expect(peak).toBeGreaterThan(0);
    expect(peak / 1024).toBeLessThan(400);
  });

  it("serves an honest module as if nothing had been", async () => {
    const file = join(mount.directory, "rsc.io/quote@v1.5.2/quote.go");
    expect(await readFile(file, "utf8")).toContain("package quote");
  });
});

it("a forged answer of the checksum database convinces nobody", async () => {
  await using sandbox = await Sandbox.create();
  const lookup = await lookupPath(sandbox, "rsc.io/quote@v1.5.2");
  const record = (await fetchBytes(sandbox.proxy, lookup)).toString();
  const id = parseModuleVersion("rsc.io/quote", "v1.5.2");
  const files = { "go.mod": 'module "rsc.io/quote"\n', "quote.go": "package quote // forged\n" };
  sandbox.proxy.set("/rsc.io/quote/@v/v1.5.2.zip", writeZip(moduleEntries(id, files)));
  const forged = record.replace(/h1:\S+/, "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  expect(forged).not.toBe(record);
  sandbox.proxy.set(lookup, forged);
  const mount = await sandbox.mount();
  const directory = join(mount.directory, moduleDirectory(id));
  await expect(lstat(directory)).rejects.toMatchObject({ code: "EIO" });
  const [failure] = await toldFailures(sandbox);
  expect(failure).toMatchObject({ what: "rsc.io/quote@v1.5.2.zip", code: "SECURITY" });
  expect(await residentModules(sandbox)).toEqual([]);
});

it("a checksum database that does not answer is no reason to trust", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.proxy.addFault({ pattern: /^\/sumdb\/.*\/(lookup|tile|latest)/, status: 500 });
  const mount = await sandbox.mount();
  const directory = join(mount.directory, "rsc.io/quote@v1.5.2");
  await expect(lstat(directory)).rejects.toMatchObject({ code: "EIO" });
  expect(await residentModules(sandbox)).toEqual([]);
});

it("a failure is asked for again after a moment", async () => {
  await using sandbox = await Sandbox.create();
  const end = sandbox.proxy.addFault({ pattern: /quote.*\.zip$/, status: 403 });
  const mount = await sandbox.mount();
  const directory = join(mount.directory, "rsc.io/quote@v1.5.2");
  await expect(lstat(directory)).rejects.toMatchObject({ code: "EIO" });
  end();
  await expect.poll(async () => await canBeRead(directory), { timeout: 10_000 }).toBe(true);
});

it("a slow proxy is waited for, and who waits can be interrupted", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.proxy.addFault({ pattern: /quote.*\.zip$/, delay: 4000 });
  const mount = await sandbox.mount();
  const directory = join(mount.directory, "rsc.io/quote@v1.5.2");
  const start = performance.now();
  const impatient = await runProgram(["timeout", "--signal=INT", "1", "ls", directory]);
  expect(impatient.status).not.toBe(0);
  expect(performance.now() - start).toBeLessThan(3000);
  expect(await readdir(directory)).toContain("quote.go");
});

/** The path of a module's record in the checksum database that Go uses by default. */
async function lookupPath(sandbox: Sandbox, module: string): Promise<string> {
  const [name] = (await sandbox.go(["env", "GOSUMDB"])).trim().split("+");
  return `/sumdb/${name}/lookup/${module}`;
}

async function canBeRead(directory: string): Promise<boolean> {
  return await readdir(directory).then(
    () => true,
    () => false,
  );
}
