import { versionPath } from "../../../test/support/made_up_module.ts";
import { type Environment, type ProgramResult, runProgram } from "../../../test/support/program.ts";
import type { ReplayProxy } from "../../../test/support/replay_proxy.ts";
import type { Sandbox } from "../../../test/support/sandbox.ts";
import { formatModuleVersion, type ModuleVersion } from "../../module/module_version.ts";
import { canonicalRevisionInfo } from "../../module/revision_info.ts";
import type { ModuleStore } from "../module_store.ts";

/** Puts all parts of modules into a store, as a proxy gives them. */
export async function fill(
  store: ModuleStore,
  proxy: ReplayProxy,
  ids: readonly ModuleVersion[],
): Promise<void> {
  for (const id of ids) {
    const path = versionPath(id);
    const [info, goMod, bytes] = await Promise.all([
      fetchBytes(proxy, `${path}.info`),
      fetchBytes(proxy, `${path}.mod`),
      fetchBytes(proxy, `${path}.zip`),
    ]);
    await store.putModule(id, { kind: "memory", bytes }, () => undefined);
    await store.putInfo(id, canonicalRevisionInfo(info));
    await store.putGoMod(id, goMod);
  }
}

/**
 * Fills a GOMODCACHE by the go command itself.
 *
 * @param variables environment variables; without a checksum database unless given
 */
export async function goModDownload(
  sandbox: Sandbox,
  modcache: string,
  ids: readonly ModuleVersion[],
  variables: Environment = { GOSUMDB: "off" },
): Promise<ProgramResult> {
  return await runProgram(["go", "mod", "download", ...ids.map(formatModuleVersion)], {
    directory: sandbox.makeDirectory("empty"),
    environment: { ...sandbox.environment, GOMODCACHE: modcache, GOFLAGS: "", ...variables },
  });
}

/** The body of a path at a proxy. */
export async function fetchBytes(
  proxy: ReplayProxy,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${proxy.url}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}
