import { isPseudoVersion } from "../../../module/pseudo.ts";
import { formatRevisionInfo, type RevisionInfo } from "../../../module/revision_info.ts";

/**
 * The `.info` file of a version as the go command keeps it (modfetch/cache.go, writeDiskStat): of the origin it has what
 * makes the version, not what made a query such as `@master` become it.
 */
export function formatInfoFile(info: RevisionInfo): Uint8Array {
  const { version, time, origin: { VCS, URL, Subdir, Hash, Ref } = {} } = info;
  const origin = {
    ...(VCS !== undefined && { VCS }),
    ...(URL !== undefined && { URL }),
    ...(Subdir !== undefined && { Subdir }),
    ...(Hash !== undefined && { Hash }),
    ...(Ref !== undefined && !isPseudoVersion(version) && { Ref }),
  };
  const file = info.origin === undefined ? { version, time } : { version, time, origin };
  return Buffer.from(formatRevisionInfo(file));
}
