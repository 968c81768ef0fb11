import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runSuccessfully } from "../../test/support/program.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { RawConnection } from "../http/testdata/raw_connection.ts";
import { type ServedModules, serveModules } from "./testdata/served_modules.ts";

const PATH = "/example.com/m/@v/v1.0.0.zip";
/** More than one piece, in several files, one of which is itself longer than a piece. */
const FILES = {
  "go.mod": "module example.com/m\n",
  "a.bin": randomBytes(300_000),
  "b.txt": "b".repeat(200_000),
  "c.bin": randomBytes(50_000),
  empty: "",
};

describe("ZipSender", () => {
  it("sends a zip with the files that upstream has, the same each time", async () => {
    await using modules = await serveFiles();
    using directory = temporaryDirectory();

    const answers = [await modules.ask(PATH), await modules.ask(PATH), await modules.ask(PATH)];

    const [first] = answers;
    expect(first?.headers["content-type"]).toBe("application/zip");
    expect(first?.headers["accept-ranges"]).toBe("bytes");
    expect(first?.headers["cache-control"]).toBe("max-age=31536000, immutable");
    for (const answer of answers) {
      expect(answer.headers["content-length"]).toBe(String(answer.body.length));
      expect(answer.headers.etag).toBe(first?.headers.etag);
      expect(sha256(answer.body)).toBe(sha256(first?.body));
    }
    await writeFile(directory.join("m.zip"), first?.body ?? "");
    await runSuccessfully(["unzip", "-tq", directory.join("m.zip")]);
  });

  it.each<[string, number]>([
    ["put together anew", 0],
    ["that is kept whole", 64 << 20],
  ])("sends ranges of a zip %s", async (_what, zipMemory) => {
    await using modules = await serveFiles({ zipMemory });
    const { body, headers } = await modules.ask(PATH);
    await modules.ask(PATH);
    const size = body.length;

    for (const [range, start, end] of [
      ["bytes=0-0", 0, 1],
      ["bytes=65535-65536", 65_535, 65_537],
      ["bytes=100-250000", 100, 250_001],
      [`bytes=${size - 1}-`, size - 1, size],
      ["bytes=-70000", size - 70_000, size],
      [`bytes=0-${size * 2}`, 0, size],
    ] as const) {
      const part = await modules.ask(PATH, { headers: { Range: range } });
      expect(part.status).toBe(206);
      expect(part.headers["content-range"]).toBe(`bytes ${start}-${end - 1}/${size}`);
      expect(part.headers["content-length"]).toBe(String(end - start));
      expect(part.headers.etag).toBe(headers.etag);
      expect(sha256(part.body)).toBe(sha256(body.subarray(start, end)));
    }
  });

  it("sends the whole zip for ranges that it need not know, and none that is not there", async () => {
    await using modules = await serveFiles();
    const { body, headers } = await modules.ask(PATH);
    const size = body.length;
    const statusFor = async (fields: Record<string, string | undefined>, method = "GET") =>
      (await modules.ask(PATH, { headers: fields, method })).status;

    expect(await statusFor({ Range: "bytes=0-1,4-5" })).toBe(200);
    expect(await statusFor({ Range: "lines=0-1" })).toBe(200);
    expect(await statusFor({ Range: "bytes=0-1", "If-Range": headers.etag })).toBe(206);
    expect(await statusFor({ Range: "bytes=0-1", "If-Range": '"other"' })).toBe(200);
    expect(await statusFor({ Range: "bytes=0-1", "If-Range": `W/${headers.etag ?? ""}` })).toBe(
      200,
    );
    expect(await statusFor({ Range: "bytes=0-1", "If-None-Match": headers.etag })).toBe(304);
    expect(await statusFor({ Range: "bytes=0-1" }, "HEAD")).toBe(200);
    const behind = await modules.ask(PATH, { headers: { Range: `bytes=${size}-` } });
    expect([behind.status, behind.headers["content-range"]]).toEqual([416, `bytes */${size}`]);
  });

  it("lets go of a client that leaves, and serves the next", async () => {
    await using modules = await serveFiles({ zipMemory: 0 });
    await modules.ask(PATH);
    const leaving = await Promise.all(
      Array.from({ length: 50 }, async () => await RawConnection.open(modules.port)),
    );
    for (const connection of leaving) {
      connection.send(`GET ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`);
      connection.socket.pause();
    }
    await expect.poll(() => modules.connections).toBeGreaterThanOrEqual(50);

    for (const connection of leaving) connection.socket.destroy();

    await expect.poll(() => modules.connections).toBe(0);
    expect((await modules.ask(PATH)).status).toBe(200);
  });
});

async function serveFiles(options: { readonly zipMemory?: number } = {}): Promise<ServedModules> {
  const modules = await serveModules(options);
  modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
  return modules;
}

function sha256(bytes: Uint8Array | undefined): string {
  return createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
}
