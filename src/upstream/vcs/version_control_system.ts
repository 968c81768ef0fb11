/** The version control systems that cmd/go knows, by the names of their commands (cmd/go/internal/vcs, `vcsList`). */
export const VERSION_CONTROL_SYSTEMS = ["git", "hg", "svn", "bzr", "fossil"] as const;
export type VersionControlSystem = (typeof VERSION_CONTROL_SYSTEMS)[number];

/** Whether a text, such as a go-import tag's, names one of them. */
export function isVersionControlSystem(name: string): name is VersionControlSystem {
  return VERSION_CONTROL_SYSTEMS.some((known) => known === name);
}
