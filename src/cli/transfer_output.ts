import type { GomodfsError } from "../lib/gomodfs_error.ts";
import type { TransferResult, TransferSummary } from "../transfer/transfer_result.ts";
import { causes } from "./exit_code.ts";
import { formatBytes, formatCount, formatDuration } from "./quantity.ts";

/** How much a transfer says. */
export interface TransferOutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** More different ones do not help anybody. */
const MAXIMUM_HINTS = 5;

/** Says what became of modules that are imported or exported: failures on standard error, the rest on standard output. */
export class TransferOutput {
  readonly #flags: TransferOutputFlags;
  readonly #verb: string;
  readonly #start = performance.now();
  /** Many modules may fail for one reason, and what to do about it is said once. */
  readonly #hints = new Set<string>();

  /** @param verb `imported` or `exported` */
  constructor(flags: TransferOutputFlags, verb: string) {
    this.#flags = flags;
    this.#verb = verb;
  }

  /** Reports one subject; what went well is told with `--json` only. */
  tell(result: TransferResult): void {
    for (const error of result.errors) this.#tellFailure(error);
    if (this.#flags.json === true) process.stdout.write(`${JSON.stringify(describe(result))}\n`);
  }

  /** The last line; with `--json` it goes to standard error, so that standard output is objects only. */
  summarise({ written, present, failed, bytes }: TransferSummary): void {
    for (const hint of this.#hints) process.stderr.write(`  ${hint}\n`);
    if (this.#flags.quiet === true) return;
    const failures = failed > 0 ? `, ${failed} failed` : "";
    const time = formatDuration(performance.now() - this.#start);
    const stream = this.#flags.json === true ? process.stderr : process.stdout;
    stream.write(
      `${formatCount(written, "module")} ${this.#verb} (${formatBytes(bytes)}), ${present} already there${failures}, in ${time}\n`,
    );
  }

  #tellFailure(error: GomodfsError): void {
    process.stderr.write(`gomodfs: ${error.message}${causes(error)}\n`);
    if (error.hint !== undefined && this.#hints.size < MAXIMUM_HINTS) this.#hints.add(error.hint);
  }
}

function describe({ subject, id, written, bytes, errors }: TransferResult): unknown {
  return {
    ...(id === undefined ? { file: subject } : { path: id.path, version: id.version }),
    written,
    bytes,
    ...(errors.length === 0
      ? {}
      : { errors: errors.map(({ code, message }) => ({ code, message })) }),
  };
}
