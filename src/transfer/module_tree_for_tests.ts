import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { Offer } from "./offered_module.ts";

/** Files of a module, relative to its root. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The files of every made-up module that a test says nothing else of. */
export const FILES: Files = { "go.mod": "module example.com/m\n", "m.go": "package m\n" };

/** The `.info` file of a version. */
export function infoOf({ version }: Pick<ModuleVersion, "version">): string {
  return `{"Version":"${version}","Time":"2020-01-02T03:04:05Z"}`;
}

/** Where a GOPROXY tree has a version's files: add the extension. */
export function proxyPath(root: string, { path, version }: ModuleVersion): string {
  return join(root, escapePath(path), "@v", escapeVersion(version));
}

/** Writes a file, and the directories that lead to it. */
export function writeFileAt(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Writes all three files of a version to a GOPROXY tree. */
export function writeProxyFiles(root: string, id: ModuleVersion, files: Files = FILES): void {
  const base = proxyPath(root, id);
  writeFileAt(`${base}.info`, infoOf(id));
  writeFileAt(`${base}.mod`, files["go.mod"] ?? `module ${id.path}\n`);
  writeFileAt(`${base}.zip`, writeModuleZip(id, files));
}

/** What offers are of: `M@V info mod zip`, or `unreadable FILE`. */
export function describeOffers(offers: Iterable<Offer>): string[] {
  return [...offers].map(describeOffer).sort();
}

function describeOffer(offer: Offer): string {
  if (offer.kind === "unreadable") return `unreadable ${offer.place}`;
  const { id, info, goMod, zip } = offer;
  const parts = [info && "info", goMod && "mod", zip && "zip"].filter((part) => part !== undefined);
  return [`${id.path}@${id.version}`, ...parts].join(" ");
}
