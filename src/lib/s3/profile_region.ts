// By itself in a file that is loaded only where there is a profile to read. A bundler finds the names of a CommonJS
// package only in a static import.
import { loadConfig } from "@smithy/core/config";

/** The region of the profile in use, read as AWS's own programs read it; undefined if it names none. */
export async function profileRegion(): Promise<string | undefined> {
  const load = loadConfig<string | undefined>(
    {
      environmentVariableSelector: () => undefined,
      configFileSelector: (profile) => profile["region"],
      default: undefined,
    },
    { preferredFile: "credentials" },
  );
  return await load();
}
