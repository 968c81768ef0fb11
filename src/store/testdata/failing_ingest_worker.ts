import { parentPort } from "node:worker_threads";
import { ContentDigester } from "../content_digest.ts";
import type { IngestReply, IngestRequest } from "../ingest_message.ts";
import { ingestZip } from "../ingest_zip.ts";

const digester = new ContentDigester();

/** An ingest worker that ends where a module's path asks for it. */
parentPort?.on("message", ({ id, zip }: IngestRequest) => {
  if (id.path.endsWith("/throws")) throw new Error("out of memory");
  if (id.path.endsWith("/exits")) process.exit(7);
  const reply: IngestReply = { kind: "ingested", module: ingestZip(id, zip, digester), zip };
  parentPort?.postMessage(reply);
});
