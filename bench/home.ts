import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../test/support/program.ts";

/** A home directory, and the environment of a user who has it. */
export interface Home {
  readonly directory: string;
  readonly environment: Environment;
  /** GOMODCACHE, and the directory of gomodfs's store, where both are by default. */
  readonly modcache: string;
  readonly store: string;
}

/** Makes a home that neither Go nor gomodfs has ever been used in. */
export function makeHome(directory: string, goproxy: string): Home {
  mkdirSync(directory, { recursive: true });
  return {
    directory,
    modcache: join(directory, "go/pkg/mod"),
    store: join(directory, ".cache/gomodfs"),
    environment: {
      PATH: process.env["PATH"],
      HOME: directory,
      XDG_CACHE_HOME: join(directory, ".cache"),
      XDG_CONFIG_HOME: join(directory, ".config"),
      GOPROXY: goproxy,
      GOTOOLCHAIN: "local",
      GOFLAGS: "-buildvcs=false",
    },
  };
}
