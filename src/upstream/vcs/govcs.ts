import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { matchPrefixPatterns } from "../../module/prefix_patterns.ts";
import { quote } from "../../module/quote.ts";
import { trimSpace } from "../../module/space.ts";
import type { VersionControlSystem } from "./version_control_system.ts";

interface GovcsRule {
  /** `private`, `public`, or a glob of repository roots. */
  readonly pattern: string;
  /** Names of commands, or `all`. */
  readonly allowed: readonly string[];
}

/** What holds behind the rules of the setting (cmd/go/internal/vcs/vcs.go, `defaultGOVCS`; golang.org/issue/41730). */
const DEFAULT_RULES: readonly GovcsRule[] = [
  { pattern: "private", allowed: ["all"] },
  { pattern: "public", allowed: ["git", "hg"] },
];

/** Which version control systems may be run for which repositories (`go help vcs`). */
export class Govcs {
  readonly #govcs: string;
  readonly #goprivate: string;
  #rules: readonly GovcsRule[] | undefined;

  /**
   * @param govcs the GOVCS setting; it is read when it is needed, so that a bad one stops nobody who does not need it
   * @param goprivate the GOPRIVATE setting, which tells private repositories from public ones
   */
  constructor(govcs: string, goprivate: string) {
    this.#govcs = govcs;
    this.#goprivate = goprivate;
  }

  /**
   * Checks that `system` may be run for the repository at the import path `root`, in the words of cmd/go.
   *
   * @throws GomodfsError `FORBIDDEN`; `USAGE` if the setting cannot be read
   */
  check(system: VersionControlSystem, root: string): void {
    const isPrivate = matchPrefixPatterns(this.#goprivate, root);
    this.#rules ??= [...parseGovcs(this.#govcs), ...DEFAULT_RULES];
    const rule = this.#rules.find(({ pattern }) => matchesRule(pattern, root, isPrivate));
    if (rule?.allowed.some((name) => name === system || name === "all") === true) return;
    const kind = isPrivate ? "private" : "public";
    throw new GomodfsError(
      "FORBIDDEN",
      `GOVCS disallows using ${system} for ${kind} ${root}; see 'go help vcs'`,
    );
  }
}

function matchesRule(pattern: string, root: string, isPrivate: boolean): boolean {
  if (pattern === "private") return isPrivate;
  if (pattern === "public") return !isPrivate;
  return matchPrefixPatterns(pattern, root);
}

/** cmd/go/internal/vcs/vcs.go, `parseGOVCS`, with its messages. */
function parseGovcs(setting: string): GovcsRule[] {
  const text = trimSpace(setting);
  if (text === "") return [];
  const seen = new Map<string, string>();
  return text.split(",").map((untrimmed) => {
    const item = trimSpace(untrimmed);
    const rule = parseRule(item);
    const earlier = seen.get(rule.pattern);
    if (earlier !== undefined) {
      throw malformed(`unreachable pattern in GOVCS: ${quote(item)} after ${quote(earlier)}`);
    }
    seen.set(rule.pattern, item);
    return rule;
  });
}

function parseRule(item: string): GovcsRule {
  if (item === "") throw malformed("empty entry in GOVCS");
  const colon = item.indexOf(":");
  if (colon < 0) throw malformed(`malformed entry in GOVCS (missing colon): ${quote(item)}`);
  const pattern = trimSpace(item.slice(0, colon));
  const list = trimSpace(item.slice(colon + 1));
  if (pattern === "") throw malformed(`empty pattern in GOVCS: ${quote(item)}`);
  if (list === "") throw malformed(`empty VCS list in GOVCS: ${quote(item)}`);
  if (/^\.\.?(\/|$)/.test(pattern)) {
    throw malformed(`relative pattern not allowed in GOVCS: ${quote(pattern)}`);
  }
  const allowed = list.split("|").map(trimSpace);
  if (allowed.includes("")) throw malformed(`empty VCS name in GOVCS: ${quote(item)}`);
  return { pattern, allowed };
}

function malformed(message: string): GomodfsError {
  return new GomodfsError("USAGE", message, {
    hint: "write GOVCS as pattern:list pairs, for example public:git,private:all",
  });
}
