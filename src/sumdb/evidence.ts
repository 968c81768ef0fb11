import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../lib/logger.ts";
import { replaceFile } from "../lib/replace_file.ts";

/**
 * What a checksum database, or whoever stands between it and us, did: signed trees that contradict each other, went back to
 * an older tree, or gave an answer that is not signed or not part of the log.
 */
export type SecurityEventKind = "fork" | "rollback" | "unproven";

/** Something that a database did and that its operator has to explain. */
export interface SecurityEvent {
  /** The database's name. */
  readonly database: string;
  readonly kind: SecurityEventKind;
  /** ISO 8601. */
  readonly time: string;
  /** One line. */
  readonly summary: string;
  /** The path of the evidence; undefined if it could not be kept. */
  readonly file: string | undefined;
}

/** What is to be kept. */
export interface EvidenceText extends Pick<SecurityEvent, "database" | "kind" | "summary"> {
  /** Enough for anyone to check. */
  readonly text: string;
  /** What makes it another event than those before. */
  readonly identity: string;
}

/** What {@linkcode Evidence} is made of. */
export interface EvidenceOptions {
  /** Made when first written. */
  readonly directory: string;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A liar could make up any number. The first ones are those that count. */
const MAX_EVENTS = 64;
/** Characters: two signed heads and a proof are some 3 kB. */
const MAX_TEXT = 256 << 10;
const MAX_SUMMARY = 1_000;

/**
 * Keeps evidence against checksum databases, each piece once: `DIRECTORY/NAME-TIME.txt`, readable by its owner alone, on
 * disk before {@linkcode keep} fulfils.
 */
export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #events: SecurityEvent[] = [];
  readonly #digests = new Set<string>();
  readonly #names = new Set<string>();

  /** Takes up what earlier processes have kept; what cannot be read is logged. */
  constructor(options: EvidenceOptions) {
    this.#options = options;
    try {
      for (const name of namesIn(options.directory)) this.#takeUp(name);
    } catch (error) {
      options.log.error("cannot read the evidence against checksum databases", { error });
    }
  }

  /** The oldest first. */
  get events(): readonly SecurityEvent[] {
    return this.#events;
  }

  /** Keeps one piece of evidence and logs it. What was kept before is passed over. Never fails: the log says why. */
  async keep({ database, kind, summary, text, identity }: EvidenceText): Promise<void> {
    const digest = hash("sha256", `${database}\n${kind}\n${identity}`);
    if (this.#digests.has(digest) || this.#events.length >= MAX_EVENTS) return;
    this.#digests.add(digest);
    const time = new Date(this.#options.clock()).toISOString();
    const line = oneLine(summary);
    const head = `security: ${kind}\ndatabase: ${database}\ntime: ${time}\nsummary: ${line}\nidentity: ${digest}\n`;
    const file = await this.#write(database, time, `${head}\n${text.slice(0, MAX_TEXT)}\n`);
    this.#events.push({ database, kind, time, summary: line, file });
    this.#options.log.error(`checksum database ${database}: ${line}`, { kind, evidence: file });
  }

  async #write(database: string, time: string, content: string): Promise<string | undefined> {
    const file = join(this.#options.directory, this.#unusedName(database, time));
    try {
      await replaceFile(file, content, { mode: 0o600, durable: true });
      return file;
    } catch (error) {
      this.#options.log.error("cannot keep evidence against a checksum database", { error });
      return undefined;
    }
  }

  #unusedName(database: string, time: string): string {
    const base = `${encodeURIComponent(database)}-${time.replaceAll(":", "")}`;
    let name = `${base}.txt`;
    for (let i = 2; this.#names.has(name); i++) name = `${base}-${i}.txt`;
    this.#names.add(name);
    return name;
  }

  #takeUp(name: string): void {
    const file = join(this.#options.directory, name);
    const [head = ""] = readFileSync(file, "utf8").split("\n\n", 1);
    const lines = new Map(
      head.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    const kind = kindOf(lines.get("security"));
    if (kind === undefined || this.#events.length >= MAX_EVENTS) return;
    this.#names.add(name);
    this.#digests.add(lines.get("identity") ?? "");
    this.#events.push({
      database: lines.get("database") ?? "",
      kind,
      time: lines.get("time") ?? "",
      summary: lines.get("summary") ?? "",
      file,
    });
  }
}

/** The names have their time in them: in order of it for each database. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".txt"))
      .toSorted();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function kindOf(text: string | undefined): SecurityEventKind | undefined {
  return (["fork", "rollback", "unproven"] as const).find((kind) => kind === text);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").slice(0, MAX_SUMMARY);
}
