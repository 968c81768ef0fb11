import { compareBytes } from "./byte_order.ts";
import { compareGoVersions, goVersionOfToolchain } from "./go_version.ts";
import type { GraphNode } from "./mvs_graph.ts";
import { compare } from "./semver.ts";

/** The first Go version whose go line is a requirement that counts like one on a module (gover.GoStrictVersion). */
const STRICT_VERSION = "1.21";

/**
 * Whether a path is that of the module that stands for go or toolchain lines in the module graph, which no source has and
 * no file describes (cmd/go/internal/gover IsToolchain).
 */
export function isGoOrToolchain(path: string): boolean {
  return path === "go" || path === "toolchain";
}

/** Whether a go line of this version is a node of the module graph for those who require the module. */
export function isStrictGoVersion(go: string): boolean {
  return compareGoVersions(go, STRICT_VERSION) >= 0;
}

/** What a `go` or `toolchain` node requires: go 1.21.3 the toolchain go1.21.3 (modload, rawGoModSummary). */
export function requirementsOfGo({ path, version }: GraphNode): GraphNode[] {
  return path === "go" && isStrictGoVersion(version)
    ? [{ path: "toolchain", version: `go${version}` }]
    : [];
}

/**
 * Compares two versions of a path as the module graph does (cmd/go/internal/modload cmpVersion, gover ModCompare):
 * negative, 0 or positive. "" is the version of a main module, above all others.
 */
export function compareNodeVersions(path: string, a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  if (path === "go") return compareGoVersions(a, b);
  if (path === "toolchain") return compareGoVersions(toolchainVersion(a), toolchainVersion(b));
  return compare(a, b);
}

/** Sorts nodes by path and version (gover.ModSort). */
export function sortNodes(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.toSorted(
    (a, b) => compareBytes(a.path, b.path) || compareNodeVersions(a.path, a.version, b.version),
  );
}

/** As gover's maybeToolchainVersion: a bare Go version counts as itself. */
function toolchainVersion(name: string): string {
  return goVersionOfToolchain(name) ?? name;
}
