import { parentPort } from "node:worker_threads";
import { setThreadNiceness } from "../lib/thread_priority.ts";
import { BuildContext } from "../module/build_context.ts";
import { ImportCollector } from "../module/import_collector.ts";
import { ContentDigester } from "./content_digest.ts";
import { ZipExtractor } from "./dir/zip_extractor.ts";
import { type IngestReply, type IngestRequest, toFailure } from "./ingest_message.ts";
import { ingestZip } from "./ingest_zip.ts";

/** Builds that read what is resident go before what is being taken in: on two cores they would wait for it. */
const NICENESS = 10;

setThreadNiceness(NICENESS);
let context: BuildContext | undefined;
let digester: ContentDigester | undefined;
let extractor: ZipExtractor | undefined;

/** Only an IngestThread posts to this port, and nothing but requests. */
parentPort?.on("message", (request: IngestRequest) => {
  const reply = answer(request);
  parentPort?.postMessage(reply, buffersOf(reply));
});

function answer(request: IngestRequest): IngestReply {
  const { id, zip } = request;
  try {
    if (request.kind === "extract") {
      extractor ??= new ZipExtractor();
      return { kind: "extracted", module: extractor.extract(id, zip, request.target) };
    }
    digester ??= new ContentDigester();
    if (request.build !== undefined) context ??= new BuildContext(request.build);
    const imports = context && new ImportCollector(context);
    return { kind: "ingested", module: ingestZip(id, zip, digester, imports), zip };
  } catch (error) {
    return { kind: "failed", error: toFailure(error) };
  }
}

function buffersOf(reply: IngestReply): ArrayBuffer[] {
  if (reply.kind !== "ingested") return [];
  const { manifest, offsets, added, adler32s } = reply.module;
  const buffers = [manifest.buffer, offsets.buffer, added.buffer, adler32s.buffer];
  return reply.zip.kind === "memory" ? [...buffers, reply.zip.bytes.buffer] : buffers;
}
