import { type Directive, readDirectives } from "./go_mod_directive.ts";
import { parseSyntax } from "./go_mod_syntax.ts";
import type { Mutable } from "./mutable.ts";
import { parseReplaceLine, type Replacement } from "./replacement.ts";
import {
  type Godebug,
  parseGodebugLine,
  parseGoLine,
  parseToolchainLine,
} from "./toolchain_directives.ts";

/** What a go.work file says. */
export interface GoWork {
  /** Minimum Go version: "1.23.0". */
  readonly go?: string;
  /** Suggested toolchain: "go1.23.4". */
  readonly toolchain?: string;
  readonly godebug: readonly Godebug[];
  /** Directories of the workspace's modules, relative to the file or absolute. */
  readonly use: readonly string[];
  readonly replace: readonly Replacement[];
}

const BLOCKS: ReadonlySet<string> = new Set(["godebug", "use", "replace"]);

/**
 * Parses a go.work file (x/mod/modfile ParseWork). Versions are made canonical.
 *
 * @param file names the text in messages
 * @throws GomodfsError `INVALID` naming line and column of the first error, `TOO_LARGE` past 16 Mi characters
 */
export function parseGoWork(text: string, file = "go.work"): GoWork {
  const builder = new GoWorkBuilder();
  for (const directive of readDirectives(parseSyntax(text, file), { blocks: BLOCKS, lax: false })) {
    builder.add(directive);
  }
  return builder.goWork;
}

class GoWorkBuilder {
  readonly goWork: Mutable<GoWork> = { godebug: [], use: [], replace: [] };

  add(directive: Directive): void {
    const { goWork } = this;
    switch (directive.verb) {
      case "go":
        if (goWork.go !== undefined) throw directive.error("repeated go statement");
        goWork.go = parseGoLine(directive);
        return;
      case "toolchain":
        if (goWork.toolchain !== undefined) throw directive.error("repeated toolchain statement");
        goWork.toolchain = parseToolchainLine(directive);
        return;
      case "godebug":
        goWork.godebug.push(parseGodebugLine(directive));
        return;
      case "use":
        goWork.use.push(directive.string(directive.onlyArgument("usage: use local/dir")));
        return;
      case "replace":
        goWork.replace.push(parseReplaceLine(directive));
        return;
      default:
        throw directive.error(`unknown directive: ${directive.verb.slice(0, 100)}`);
    }
  }
}
