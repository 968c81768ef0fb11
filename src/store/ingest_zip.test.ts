import { deflateRawSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { VirtualZip } from "../module/zip/virtual_zip.ts";
import { ContentDigester } from "./content_digest.ts";
import { DeflateStreams } from "./deflate_streams.ts";
import { ingestZip } from "./ingest_zip.ts";
import type { IngestedModule } from "./ingested_module.ts";
import { decodeManifest } from "./manifest_codec.ts";
import { expectedH1 } from "./module_contents.ts";
import type { ZipContent } from "./module_store.ts";
import { zlibStreamOf } from "./zlib_stream.ts";

const digester = new ContentDigester();
const id = parseModuleVersion("example.com/m", "v1.0.0");
const PREFIX = `${formatModuleVersion(id)}/`;

function ingest(bytes: Uint8Array<ArrayBuffer>): IngestedModule {
  const zip: ZipContent = { kind: "memory", bytes };
  return { ...ingestZip(id, zip, digester), zip };
}

/** The raw deflate stream of each file. */
function streamsOf(ingested: IngestedModule): Buffer[] {
  using streams = new DeflateStreams(ingested);
  const manifest = decodeManifest(ingested.manifest);
  return Array.from({ length: manifest.count }, (_, index) =>
    Buffer.concat([...streams.pieces(index, manifest.storedSize(index))]),
  );
}

/** A zip made from what was kept of one. */
function rebuild(ingested: IngestedModule): Uint8Array<ArrayBuffer> {
  const manifest = decodeManifest(ingested.manifest);
  const streams = streamsOf(ingested);
  const zip = new VirtualZip(PREFIX, manifest);
  const bytes = zip.read(0, zip.size, (index, start, out) => {
    out.set(streams[index]?.subarray(start, start + out.length) ?? []);
  });
  return Uint8Array.from(bytes);
}

describe("ingestZip()", () => {
  test("keeps deflate streams as they are, and one of each content", () => {
    const content = "content ".repeat(100);
    const data = deflateRawSync(content, { level: 2 });
    const names = ["c.txt", "a.txt", "b.txt"];
    const entries = names.map((name) => ({ name: PREFIX + name, content, data }));
    const ingested = ingest(writeZip(entries));
    expect(streamsOf(ingested)).toEqual([data, data, data]);
    expect(new Set(ingested.offsets).size).toBe(1);
    const zlibStream = zlibStreamOf([data], ingested.adler32s[0] ?? 0);
    expect(inflateSync(Buffer.concat([...zlibStream])).toString()).toBe(content);
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
        expect(streamsOf(again)).toEqual(streamsOf(ingested));
        expect(again.manifest).toEqual(ingested.manifest);
        for (const [index, stream] of streamsOf(ingested).entries()) {
          const zlibStream = zlibStreamOf([stream], ingested.adler32s[index] ?? 0);
          expect(() => inflateSync(Buffer.concat([...zlibStream]))).not.toThrow();
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
