import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectorySync } from "../../lib/make_directory_sync.ts";
import {
  currentProcess,
  type ProcessIdentity,
  processLiveness,
} from "../../lib/process_identity.ts";
import { LEFT_OVER_AGE } from "./left_over.ts";

/** A session that is under way. */
export interface LiveSession {
  /** The name of its file: no other session ever has it. */
  readonly name: string;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
}

/** Bytes of a session's file: three short fields. */
const MAX_FILE = 4_096;

/**
 * The sessions under way that use one directory, of all processes. Each has a file there; one whose process has ended
 * without removing it does not count.
 */
export class LiveSessions {
  readonly #directory: string;
  #registered = 0;

  /** @param directory absolute; made by the first session */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Notes that a session of this process begins, which must be before it is told of the first output.
   *
   * @returns ends it; also where nothing could be noted, since the directory may be one that this user can only read
   */
  register(): Disposable {
    const path = join(this.#directory, this.#newName());
    try {
      const content = JSON.stringify(currentProcess());
      try {
        writeFileSync(path, content, { flag: "wx" });
      } catch {
        makeDirectorySync(this.#directory);
        writeFileSync(path, content, { flag: "wx" });
      }
    } catch {
      return { [Symbol.dispose]() {} };
    }
    return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
  }

  /** The sessions under way; the files of those whose process has ended are removed. */
  list(now: number): readonly LiveSession[] {
    const sessions: LiveSession[] = [];
    for (const name of this.names()) {
      const path = join(this.#directory, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) continue;
      if (isUnderWay(readIdentity(path, found.size), now - found.mtimeMs)) {
        sessions.push({ name, since: found.mtimeMs });
      } else {
        rmSync(path, { force: true });
      }
    }
    return sessions;
  }

  /** The names of all sessions that have a file. */
  names(): readonly string[] {
    try {
      return readdirSync(this.#directory);
    } catch {
      return [];
    }
  }

  #newName(): string {
    const random = Math.random().toString(36).slice(2);
    return `${process.pid}-${this.#registered++}-${random}`;
  }
}

function isUnderWay(process: ProcessIdentity | undefined, age: number): boolean {
  // Being written at this moment, or damaged.
  if (process === undefined) return age < LEFT_OVER_AGE;
  switch (processLiveness(process)) {
    case "alive":
      return true;
    case "ended":
      return false;
    case "elsewhere":
      return age < LEFT_OVER_AGE;
  }
}

function readIdentity(path: string, size: number): ProcessIdentity | undefined {
  if (size > MAX_FILE) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isIdentity(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startTime, machine } = value as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(pid) && typeof startTime === "string" && typeof machine === "string";
}
