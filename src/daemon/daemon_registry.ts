import { mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type ProcessIdentity, processLiveness } from "../lib/process_identity.ts";
import { JsonFields } from "./json_fields.ts";

/** A daemon that serves a store. */
export interface DaemonRecord {
  readonly process: ProcessIdentity;
  /** Of gomodfs. */
  readonly version: string;
  /** Its control socket. */
  readonly socketPath: string;
  /** Where it shows the store as a file system, if it does. */
  readonly mount?: {
    readonly point: string;
    /** `major:minor`: says whether what is mounted at `point` is still its file system. */
    readonly device: string;
  };
}

/** A daemon's entry in the registry. */
export interface DaemonRegistration {
  /** Takes the entry out. */
  remove(): Promise<void>;
}

const MAX_RECORDS = 1_000;
const MAX_RECORD_BYTES = 64 * 1024;

/** The daemons that serve one store: a file for each in the folder `daemons` of its state. */
export class DaemonRegistry {
  readonly #directory: string;

  /** @param state where gomodfs notes things about the store */
  constructor(state: string) {
    this.#directory = join(state, "daemons");
  }

  /** @throws GomodfsError `STORE` if the entry cannot be written */
  async register(record: DaemonRecord): Promise<DaemonRegistration> {
    const file = join(this.#directory, recordName(record.process));
    const partial = `${file}.partial`;
    try {
      await mkdir(this.#directory, { recursive: true });
      // Not fsync'ed: an entry means nothing after a crash of the machine.
      await writeFile(partial, JSON.stringify(record));
      await rename(partial, file);
    } catch (cause) {
      throw new GomodfsError("STORE", `cannot register the daemon in ${file}`, { cause });
    }
    return { remove: () => rm(file, { force: true }) };
  }

  /**
   * The daemons that live on this machine, the longest-running first. Entries of processes that ended are removed;
   * entries of other machines and containers, of which nothing is known here, are left alone and out.
   *
   * @throws GomodfsError `STORE` if the folder cannot be read
   */
  async list(): Promise<DaemonRecord[]> {
    const living: DaemonRecord[] = [];
    for (const name of await this.#recordNames()) {
      const file = join(this.#directory, name);
      const record = await readRecord(file);
      if (record === undefined || recordName(record.process) !== name) continue;
      const liveness = processLiveness(record.process);
      if (liveness === "alive") living.push(record);
      // A store of somebody else's may be read-only; then the entry stays.
      else if (liveness === "ended") await rm(file, { force: true }).catch(() => undefined);
    }
    return living.toSorted((a, b) => startOrder(a) - startOrder(b));
  }

  async #recordNames(): Promise<string[]> {
    try {
      const names = await readdir(this.#directory);
      return names.filter((name) => name.endsWith(".json")).slice(0, MAX_RECORDS);
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw new GomodfsError("STORE", `cannot read ${this.#directory}`, { cause });
    }
  }
}

/** With the start time, since processes of several containers may have the same id. */
function recordName({ pid, startTime }: ProcessIdentity): string {
  return `${pid}-${startTime}.json`;
}

function startOrder(record: DaemonRecord): number {
  return Number(record.process.startTime);
}

/** The record in a file; undefined if it is gone, too large or not a record (of this version of gomodfs). */
async function readRecord(file: string): Promise<DaemonRecord | undefined> {
  try {
    await using handle = await open(file);
    const buffer = Buffer.alloc(MAX_RECORD_BYTES);
    const { bytesRead } = await handle.read(buffer);
    return parseRecord(buffer.toString("utf8", 0, bytesRead));
  } catch {
    return undefined;
  }
}

function parseRecord(text: string): DaemonRecord {
  const fields = JsonFields.parse(text, "a daemon's record");
  const identity = fields.object("process");
  const mount = fields.optionalObject("mount");
  return {
    process: {
      pid: identity.count("pid"),
      startTime: identity.string("startTime"),
      machine: identity.string("machine"),
    },
    version: fields.string("version"),
    socketPath: fields.string("socketPath"),
    ...(mount && { mount: { point: mount.string("point"), device: mount.string("device") } }),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
