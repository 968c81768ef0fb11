import type { ModuleVersion } from "../module/module_version.ts";
import { type GoPlatform, TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { Project } from "../project/project.ts";
import {
  isToolchainDownloaded,
  toolchainModule,
  wantedToolchain,
} from "../project/wanted_toolchain.ts";
import type { ModuleSource } from "../upstream/module_source.ts";

/** What decides whether the go command downloads a toolchain for a project. */
export interface ToolchainSettings {
  /** The GOTOOLCHAIN setting. */
  readonly setting: string;
  /** The Go version of the local toolchain ("1.26.8"); undefined if there is none. */
  readonly local: string | undefined;
  readonly platform: GoPlatform;
}

/**
 * The toolchain that the go command would download in a project.
 *
 * @returns undefined if the local one serves
 * @throws GomodfsError `USAGE` or `INVALID` for a setting or line that names no toolchain, `NOT_FOUND` if the source lists
 * no fitting one, and what the source throws
 */
export async function projectToolchain(
  { file, go = "", toolchain = "" }: Project,
  { setting, local, platform }: ToolchainSettings,
  source: Pick<ModuleSource, "versions">,
): Promise<ModuleVersion | undefined> {
  const wanted = wantedToolchain({ setting, lines: { file, go, toolchain } });
  if (!isToolchainDownloaded(setting, wanted, local)) return undefined;
  const versions = async (): Promise<string[]> =>
    Buffer.from(await source.versions(TOOLCHAIN_PATH))
      .toString("utf8")
      .split("\n");
  return await toolchainModule(wanted, versions, platform);
}
