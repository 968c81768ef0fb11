import { type ErrorCode, GomodfsError } from "../lib/gomodfs_error.ts";
import type { BuildSettings } from "../module/build_context.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { ExtractedModule, ExtractionTarget } from "./extraction.ts";
import type { TakenApart } from "./ingest_zip.ts";
import type { ZipContent } from "./module_store.ts";

/** What an ingest worker is asked: one at a time. The buffer of a zip in memory is transferred. */
export type IngestRequest = IngestTask & { readonly id: ModuleVersion; readonly zip: ZipContent };

/** What is to be done with a zip: take it apart for a store, or write its files. */
export type IngestTask =
  | {
      readonly kind: "ingest";
      /** How packages are built, where somebody wants to know what they import: the same with each request. */
      readonly build: BuildSettings | undefined;
    }
  | { readonly kind: "extract"; readonly target: ExtractionTarget };

/** What it answers. The buffers of the module are transferred, that of a zip in memory among them. */
export type IngestReply =
  | { readonly kind: "ingested"; readonly module: TakenApart; readonly zip: ZipContent }
  | { readonly kind: "extracted"; readonly module: ExtractedModule }
  | { readonly kind: "failed"; readonly error: IngestFailure };

/** An error between threads: structured cloning keeps neither class nor code of one. */
export interface IngestFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What an error is sent as. One that is no GomodfsError is a defect or memory that ran out: `STORE`. */
export function toFailure(error: unknown): IngestFailure {
  if (error instanceof GomodfsError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "STORE", message, hint: undefined };
}

/** The error that was sent, with the asker's stack. */
export function fromFailure({ code, message, hint }: IngestFailure): GomodfsError {
  return new GomodfsError(code, message, hint === undefined ? {} : { hint });
}
