import { execFile } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { VirtualZip } from "../module/zip/virtual_zip.ts";
import { createIngestPool } from "./ingest.ts";
import { MemoryStore } from "./memory/memory_store.ts";

const run = promisify(execFile);

/** Modules that require no others: one with a go.mod in its zip, one from before there were any. */
const MODULES = [
  parseModuleVersion("golang.org/x/sys", "v0.35.0"),
  parseModuleVersion("github.com/pkg/errors", "v0.9.1"),
];

/** Needs the go command, and what its GOPROXY gives. */
test("the go command verifies the zips that are rebuilt of real modules", async () => {
  using directory = temporaryDirectory();
  const requirements = MODULES.map(({ path, version }) => `require ${path} ${version}\n`);
  writeFileSync(
    directory.join("go.mod"),
    `module example.com/m\n\ngo 1.21\n${requirements.join("")}`,
  );
  const cache = directory.join("cache");
  const go = async (parameters: readonly string[], settings: NodeJS.ProcessEnv = {}) => {
    const env = { ...process.env, GOMODCACHE: cache, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod" };
    return run("go", parameters, { cwd: directory.path, env: { ...env, ...settings } });
  };
  await go(["mod", "download"]);

  const pool = createIngestPool();
  const store = new MemoryStore(pool);
  for (const id of MODULES) {
    const path = `${cache}/cache/download/${id.path}/@v/${id.version}.zip`;
    const { size } = statSync(path);
    const h1 = await store.putModule(id, { kind: "file", path, size }, () => undefined);
    expect(h1).toBe(readFileSync(`${path}hash`, "utf8"));

    const module = store.openModule(id);
    if (module === undefined) throw new Error("the module is not resident");
    const zip = new VirtualZip(`${formatModuleVersion(id)}/`, module.manifest);
    const bytes = zip.read(0, zip.size, (...data) => void module.readDeflated(...data));
    writeFileSync(path, bytes);
  }
  await pool.close();

  const { stdout } = await go(["mod", "verify"], { GOPROXY: "off" });
  expect(stdout).toBe("all modules verified\n");

  // The same question, asked of a zip with another content, has another answer.
  const [first] = MODULES;
  const path = `${cache}/cache/download/${first?.path}/@v/${first?.version}.zip`;
  const broken = readFileSync(path);
  broken.fill(0, broken.length / 2, broken.length / 2 + 1000);
  writeFileSync(path, broken);
  await expect(go(["mod", "verify"], { GOPROXY: "off" })).rejects.toThrow(/verify/);
});
