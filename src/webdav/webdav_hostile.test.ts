import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RawConnection } from "../http/testdata/raw_connection.ts";
import { type ServedTree, serveTree } from "./testdata/served_tree.ts";

const LIMITS = { headTime: 500, stallTime: 1_000, bytesPerSecond: 1024 ** 3 };
const LARGE = "/example.com/large@v1.0.0";
/** More than the kernel takes in for a client that reads nothing. */
const LARGE_SIZE = 24 * 1024 * 1024;

describe("WebdavHandler with hostile clients", () => {
  it("ends bodies that are too long, or do not come, and lives", async () => {
    await using tree = await serveTree({ limits: LIMITS });
    const head = "PROPFIND / HTTP/1.1\r\nHost: x\r\nDepth: 0\r\n";
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
    const properties = `<D:propfind xmlns:D="DAV:"><D:prop>${"<D:a/>".repeat(2_000_000)}`;

    for (const [sent, status] of [
      [`${head}Content-Length: ${properties.length}\r\n\r\n${properties}`, 413],
      [`${chunked}${properties.length.toString(16)}\r\n${properties}`, 413],
      [`${chunked}zz\r\n`, 400],
      [`${head}Content-Length: 10\r\n\r\n`, 408],
      [`${chunked}5\r\n<a>`, 408],
      [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ] as const) {
      using connection = await RawConnection.open(tree.port);
      connection.send(sent);
      // What was sent and not read may make the kernel reset the connection, and drop the answer.
      await connection.ended().catch(() => {});
      expect([undefined, status]).toContain(connection.statuses[0]);
    }
    expect((await tree.propfind("/", "0")).status).toBe(207);
  });

  it("asks for a body that waits to be asked for, unless it is too long or for nothing", async () => {
    await using tree = await serveTree({ limits: LIMITS });
    const body = '<propfind xmlns="DAV:"><prop/></propfind>';
    using polite = await RawConnection.open(tree.port);
    polite.send(
      `PROPFIND / HTTP/1.1\r\nHost: x\r\nDepth: 0\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await polite.receives(/ 100 Continue\r\n\r\n$/);
    polite.send(body);
    await polite.receives(/ 207 /);
    using refused = await RawConnection.open(tree.port);
    refused.send(
      "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n",
    );
    await refused.receives(/ 405 /);
    expect(refused.received).not.toContain("100 Continue");
  });

  it("keeps a connection after a short body that it did not want", async () => {
    await using tree = await serveTree({ limits: LIMITS });
    using connection = await RawConnection.open(tree.port);
    connection.send("LOCK /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345");
    await connection.receives(/ 405 /);
    connection.send("OPTIONS / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await connection.ended();
    expect(connection.statuses).toEqual([405, 200]);
  });

  it("holds little for clients that do not take in what they ask for, and lets go of them", async () => {
    await using tree = await servedLargeFile();
    const before = process.memoryUsage().rss;
    const slow = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const connection = await RawConnection.open(tree.port);
        connection.socket.pause();
        connection.send(`GET ${LARGE}/large.bin HTTP/1.1\r\nHost: x\r\n\r\n`);
        return connection;
      }),
    );
    await sleep(200);

    expect((await tree.propfind(LARGE, "1")).status).toBe(207);
    // 30 times the file would be 720 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
    await expect.poll(() => tree.connections, { timeout: 20_000 }).toBe(0);
    for (const connection of slow) connection[Symbol.dispose]();
    expect((await tree.ask(`${LARGE}/go.mod`)).status).toBe(200);
  });

  it("lets go of a client that leaves in the middle", async () => {
    await using tree = await servedLargeFile();
    for (const path of [`${LARGE}/large.bin`, "/cache/download/example.com/large/@v/v1.0.0.zip"]) {
      using connection = await RawConnection.open(tree.port);
      connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await connection.receives(/ 200 /);
    }
    expect((await tree.ask(`${LARGE}/go.mod`)).status).toBe(200);
  });
});

async function servedLargeFile(): Promise<ServedTree> {
  const tree = await serveTree({ limits: LIMITS });
  const id = tree.upstream.addModule("example.com/large", "v1.0.0", {
    "large.bin": Buffer.alloc(LARGE_SIZE, "0123456789abcdef"),
  });
  await tree.fill([id]);
  return tree;
}
