import type { GitForge } from "./git_forge.ts";

/** A repository with several modules, branches, and tags that are none of versions. */
export async function makeLibrary(forge: GitForge): Promise<void> {
  await forge.commit("lib", "v1.0.0", {
    "go.mod": "module corp.test/lib\n",
    "lib.go": "package lib\n",
    "tools/tool.go": "package tools\n",
  });
  await forge.commit("lib", "v1.1.0-rc.1", { "lib.go": "package lib // rc\n" });
  await forge.commit("lib", "sub/v0.2.0", {
    "sub/go.mod": "module corp.test/lib/sub\n",
    "sub/sub.go": "package sub\n",
  });
  await forge.commit("lib", "tools/deep/v1.0.0", {
    "tools/deep/go.mod": "module corp.test/lib/tools/deep\n",
  });
  await forge.commit("lib", "sub/v3.1.0", {
    "sub/v3/go.mod": "module corp.test/lib/sub/v3\n",
  });
  for (const tag of ["v1.2", "v01.2.3", "v1.2.3+meta", "release-1", "v1.0.0-", "sub/v0.2"]) {
    await forge.git("lib", ["tag", tag]);
  }
  await forge.git("lib", ["tag", "--annotate", "--message", "t", "sub/v0.3.0"]);
  await forge.git("lib", ["checkout", "--quiet", "-b", "v2-branch"]);
  await forge.commit("lib", "v2.0.0", { "go.mod": "module corp.test/lib/v2\n" });
  await forge.git("lib", ["checkout", "--quiet", "-b", "work", "main"]);
  await forge.commit("lib", undefined, { "lib.go": "package lib // work\n" });
  await forge.git("lib", ["checkout", "--quiet", "main"]);
}

/** A repository from the time before modules. */
export async function makeOldLibrary(forge: GitForge): Promise<void> {
  await forge.commit("old", "v1.2.0", { "old.go": "package old\n" });
  await forge.commit("old", "v2.0.0", { "old.go": "package old // 2\n" });
  await forge.commit("old", undefined, { "old.go": "package old // newer\n" });
}

/** Two repositories: one takes back its newest version, the other all. */
export async function makeRetractions(forge: GitForge): Promise<void> {
  const goMod = "module corp.test/retracting\n";
  await forge.commit("retracting", "v1.0.0", { "go.mod": goMod });
  await forge.commit("retracting", "v1.1.0", { "go.mod": goMod });
  await forge.commit("retracting", "v1.2.0", { "go.mod": `${goMod}retract [v1.1.5, v1.2.0]\n` });
  await forge.commit("retracted", "v1.0.0", {
    "go.mod": "module corp.test/retracted\n\nretract [v0.0.0-0, v1.9.9]\n",
  });
}
