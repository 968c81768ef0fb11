import type { ModulePart } from "../cache/module_cache.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";

/** What became of one module version, or of a file that names none. */
export interface TransferResult {
  /** `M@V`, or the path of the file. */
  readonly subject: string;
  /** Undefined for a file that names no module version. */
  readonly id: ModuleVersion | undefined;
  /** The parts that were written; the others were there already, or failed. */
  readonly written: readonly ModulePart[];
  /** Bytes of those parts. */
  readonly bytes: number;
  /** What went wrong, each with a message that names the subject. */
  readonly errors: readonly GomodfsError[];
}

/** What became of all. */
export interface TransferSummary {
  /** Subjects of which something was written and nothing failed. */
  readonly written: number;
  /** Subjects of which all was there already. */
  readonly present: number;
  /** Subjects of which anything failed. */
  readonly failed: number;
  /** Bytes written. */
  readonly bytes: number;
}

/** Puts together what became of one subject, part by part. */
export class TransferRecord {
  readonly #subject: string;
  readonly #id: ModuleVersion | undefined;
  readonly #written: ModulePart[] = [];
  readonly #errors: GomodfsError[] = [];
  #bytes = 0;

  /** @param about a module version, or the path of a file that names none */
  constructor(about: ModuleVersion | string) {
    this.#id = typeof about === "string" ? undefined : about;
    this.#subject = typeof about === "string" ? about : formatModuleVersion(about);
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** Runs what writes a part and gives its bytes, or undefined if it was there; remembers how that went. */
  async attempt(part: ModulePart, write: () => Promise<number | undefined>): Promise<void> {
    try {
      const bytes = await write();
      if (bytes === undefined) return;
      this.#written.push(part);
      this.#bytes += bytes;
    } catch (error) {
      if (!(error instanceof GomodfsError)) throw error;
      this.fail(error);
    }
  }

  fail(error: GomodfsError): void {
    const named = naming(this.#subject, error);
    // Two parts may fail for one reason.
    if (this.#errors.some(({ message }) => message === named.message)) return;
    this.#errors.push(named);
  }

  result(): TransferResult {
    return {
      subject: this.#subject,
      id: this.#id,
      written: this.#written,
      bytes: this.#bytes,
      errors: this.#errors,
    };
  }
}

/** Counts results. */
export class TransferCount {
  #summary: TransferSummary = { written: 0, present: 0, failed: 0, bytes: 0 };

  get summary(): TransferSummary {
    return this.#summary;
  }

  add({ written, bytes, errors }: TransferResult): void {
    const { summary } = this;
    const outcome = errors.length > 0 ? "failed" : written.length > 0 ? "written" : "present";
    this.#summary = {
      ...summary,
      [outcome]: summary[outcome] + 1,
      bytes: summary.bytes + bytes,
    };
  }
}

function naming(subject: string, error: GomodfsError): GomodfsError {
  const { code, message, hint, cause } = error;
  if (message.includes(subject)) return error;
  return new GomodfsError(code, `${subject}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
