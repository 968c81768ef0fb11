import { cpSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository, residentModules } from "./support/store_checks.ts";

const PROJECT = new URL("testdata/larger", import.meta.url).pathname;
const HELLO = new URL("../examples/hello", import.meta.url).pathname;

it("two builds at once on a cold store fetch each file of each module once", async () => {
  await using sandbox = await Sandbox.create();
  const { directory } = await sandbox.mount();
  await Promise.all([build(sandbox, "one", directory), build(sandbox, "two", directory)]);
  const fetched = [...sandbox.proxy.requests].filter(([path]) => /\.(info|mod|zip)$/.test(path));
  expect(fetched.filter(([path]) => path.endsWith(".zip")).length).toBeGreaterThan(20);
  expect(fetched.filter(([, count]) => count !== 1)).toEqual([]);
  await checkRepository(sandbox);
});

it("forty readers of one module that is not resident cause one fetch", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.proxy.addFault({ pattern: /errors.*\.zip$/, delay: 500 });
  const { directory } = await sandbox.mount();
  const file = join(directory, "github.com/pkg/errors@v0.9.1/errors.go");
  const readers = Array.from({ length: 40 }, async () => await sandbox.run(["cat", file]));
  const texts = await Promise.all(readers);
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain("package errors");
  expect(sandbox.proxy.requestsMatching(/errors\/@v\/v0\.9\.1\.zip$/)).toBe(1);
});

it("two daemons on one store serve two builds at once, and each what the other fetched", async () => {
  await using sandbox = await Sandbox.create();
  const [one, two] = await Promise.all([
    sandbox.mount({ name: "mnt1" }),
    sandbox.mount({ name: "mnt2" }),
  ]);
  await Promise.all([build(sandbox, "one", one.directory), build(sandbox, "two", two.directory)]);
  await checkRepository(sandbox);

  const hello = sandbox.path("hello");
  cpSync(HELLO, hello, { recursive: true });
  await buildIn(sandbox, hello, one.directory);
  sandbox.proxy.addFault({ pattern: /./, status: 500, reason: "nobody needs to ask" });
  await buildIn(sandbox, hello, two.directory);
  const file = "rsc.io/quote@v1.5.2/quote.go";
  expect(await readFile(join(two.directory, file), "utf8")).toBe(
    await readFile(join(one.directory, file), "utf8"),
  );
  expect(await residentModules(sandbox)).toContain("rsc.io/quote@v1.5.2");
  await checkRepository(sandbox);
});

it("what one daemon stored the next one serves without asking anybody", async () => {
  await using sandbox = await Sandbox.create();
  const first = await sandbox.mount();
  await build(sandbox, "one", first.directory);
  expect(await first.stop()).toBe(0);
  const before = sandbox.proxy.requestsMatching(/./);
  const second = await sandbox.mount();
  await build(sandbox, "two", second.directory);
  expect(sandbox.proxy.requestsMatching(/./)).toBe(before);
});

async function build(sandbox: Sandbox, name: string, modcache: string): Promise<void> {
  const directory = sandbox.path(name);
  cpSync(PROJECT, directory, { recursive: true });
  await buildIn(sandbox, directory, modcache);
}

async function buildIn(sandbox: Sandbox, directory: string, modcache: string): Promise<void> {
  // With -trimpath the path of GOMODCACHE is no part of the build cache's keys: sources are read, but not all compiled.
  await sandbox.go(["build", "-trimpath", "./..."], {
    directory,
    environment: { GOMODCACHE: modcache, GOPROXY: "off" },
    timeout: 110_000,
  });
}
