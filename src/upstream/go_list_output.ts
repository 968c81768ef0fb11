import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { GoOutput } from "./go_command.ts";

/**
 * The body of `@v/list` that says the same as `go list -m -versions -json`.
 *
 * @throws GomodfsError `UPSTREAM` for another output
 */
export function listFromOutput(output: GoOutput): Uint8Array {
  // Left out where there are none.
  const versions = output["Versions"] ?? [];
  if (!Array.isArray(versions) || !versions.every((version) => typeof version === "string")) {
    throw unexpected("-versions");
  }
  return Buffer.from(versions.map((version) => `${version}\n`).join(""));
}

/**
 * The body of `@latest` that says the same as `go list -m -json PATH@latest`.
 *
 * @throws GomodfsError `UPSTREAM` for another output
 */
export function infoFromOutput({ Version, Time }: GoOutput): Uint8Array {
  if (typeof Version !== "string" || typeof Time !== "string") throw unexpected("@latest");
  return Buffer.from(JSON.stringify({ Version, Time }));
}

function unexpected(what: string): GomodfsError {
  return new GomodfsError("UPSTREAM", `go list -m -json ${what} printed something unexpected`);
}
