import { deflateRawSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { VirtualZip } from "../module/zip/virtual_zip.ts";
import { Adler32 } from "./adler32.ts";
import { ingestZip } from "./ingest_zip.ts";
import type { IngestedModule } from "./ingested_module.ts";
import { decodeManifest } from "./manifest_codec.ts";
import { expectedH1 } from "./module_contents.ts";
import { rawDeflateOf } from "./zlib_stream.ts";

const adler32 = new Adler32();
const id = parseModuleVersion("example.com/m", "v1.0.0");
const PREFIX = `${formatModuleVersion(id)}/`;

function ingest(bytes: Uint8Array<ArrayBuffer>): IngestedModule {
  return ingestZip(id, { kind: "memory", bytes }, adler32);
}

/** The zlib stream of each file; empty where an earlier file has the same content. */
function streamsOf({ streams, streamEnds }: IngestedModule): Uint8Array[] {
  return Array.from(streamEnds, (end, index) => streams.subarray(streamEnds[index - 1] ?? 0, end));
}

/** A zip made from what was kept of one. */
function rebuild(ingested: IngestedModule): Uint8Array<ArrayBuffer> {
  const manifest = decodeManifest(ingested.manifest);
  const streams = streamsOf(ingested);
  const ids = Array.from(streams, (_, index) =>
    Buffer.from(manifest.objectId(index)).toString("hex"),
  );
  const zip = new VirtualZip(PREFIX, manifest);
  const streamOf = (index: number) =>
    rawDeflateOf(streams[ids.indexOf(ids[index] ?? "")] ?? new Uint8Array(0));
  return Uint8Array.from(zip.read(0, zip.size, streamOf));
}

describe("ingestZip()", () => {
  test("keeps deflate streams as they are, and one of each content", () => {
    const content = "content ".repeat(100);
    const data = deflateRawSync(content, { level: 2 });
    const names = ["c.txt", "a.txt", "b.txt"];
    const entries = names.map((name) => ({ name: PREFIX + name, content, data }));
    const streams = streamsOf(ingest(writeZip(entries)));
    expect(streams.map(({ length }) => length)).toEqual([data.length + 6, 0, 0]);
    const [first = new Uint8Array(0)] = streams;
    expect(Buffer.from(rawDeflateOf(first))).toEqual(data);
    expect(inflateSync(first).toString()).toBe(content);
  });

  test("a rebuilt zip has the hash of the one it was made from", () => {
    const name = fc
      .stringMatching(/^[a-z]{1,8}$/)
      .filter((text) => !/^(con|prn|aux|nul)$/.test(text));
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(files, fc.boolean(), (contents, stored) => {
        const entries = Object.entries(contents).map(([file, content]) => ({
          name: PREFIX + file,
          content,
          method: stored ? 0 : 8,
        }));
        const directory = { name: `${PREFIX}directory_entry/`, method: 0 };
        const ingested = ingest(writeZip([...entries, directory]));
        expect(ingested.h1).toBe(expectedH1(id, { ...contents, "directory_entry/": "" }));
        const again = ingest(rebuild(ingested));
        expect(again.h1).toBe(ingested.h1);
        expect(again.streams).toEqual(ingested.streams);
        expect(again.manifest).toEqual(ingested.manifest);
        for (const stream of streamsOf(ingested).filter(({ length }) => length > 0)) {
          expect(() => inflateSync(stream)).not.toThrow();
        }
      }),
    );
  });

  test("hostile bytes are refused with a GomodfsError, or taken whole", () => {
    const zip = writeModuleZip(id, { "go.mod": "module example.com/m\n", "a.go": "package m\n" });
    const { h1 } = ingest(zip.slice());
    const change = fc.tuple(fc.nat(zip.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = zip.slice();
        for (const [offset, value] of changes) changed[offset] = value;
        // A changed byte that no checksum covers (a date, a version) leaves the module as it was.
        expect(["INVALID", "TOO_LARGE", h1]).toContain(outcome(changed));
      }),
      { numRuns: 1000 },
    );
  });
});

function outcome(zip: Uint8Array<ArrayBuffer>): string {
  try {
    return ingest(zip).h1;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}
