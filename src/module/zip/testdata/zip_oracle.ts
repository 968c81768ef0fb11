import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What Go's archive/zip sees of an entry. */
export interface OracleEntry {
  readonly name: string;
  readonly method: number;
  readonly size: number;
  readonly sha256: string;
  /** Why the entry cannot be read. */
  readonly error?: string;
}

/** What it sees of a zip: its entries, or why it is none. */
export interface OracleAnswer {
  readonly error?: string;
  readonly entries: readonly OracleEntry[] | null;
}

const run = promisify(execFile);
const PROGRAM = new URL("./zip_oracle.go", import.meta.url).pathname;

/** Asks Go's archive/zip about zips. Needs the go command, no network. */
export async function askZipOracle(paths: readonly string[]): Promise<OracleAnswer[]> {
  const { stdout } = await run("go", ["run", PROGRAM, ...paths], {
    maxBuffer: 64 << 20,
    env: { ...process.env, GO111MODULE: "off", GOTOOLCHAIN: "local" },
  });
  // The oracle's own types, of the same directory.
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as OracleAnswer);
}
