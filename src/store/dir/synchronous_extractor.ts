import type { ModuleVersion } from "../../module/module_version.ts";
import type { ExtractedModule, ExtractionTarget, Extractor } from "../extraction.ts";
import type { ZipContent } from "../module_store.ts";
import { ZipExtractor } from "./zip_extractor.ts";

/** Extracts in the caller's thread, which does nothing else meanwhile: for tests. */
export class SynchronousExtractor implements Extractor {
  readonly #extractor = new ZipExtractor();

  expect(): void {}

  async extract(
    id: ModuleVersion,
    zip: ZipContent,
    target: ExtractionTarget,
  ): Promise<ExtractedModule> {
    return this.#extractor.extract(id, zip, target);
  }
}
