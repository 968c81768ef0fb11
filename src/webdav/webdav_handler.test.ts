import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { Client } from "../http/http_exchange.ts";
import type { TestAnswer } from "../http/testdata/http_ask.ts";
import { type ServedTree, serveTree } from "./testdata/served_tree.ts";

const FILES = {
  "go.mod": "module example.com/m\n",
  "m.go": "package m\n",
  "a b/ä&+.txt": "text",
  "empty.txt": "",
  "page.html": "<script>alert(1)</script>",
};
const M = "/example.com/m@v1.0.0";
const V = "/cache/download/example.com/m/@v";
const LAST_MODIFIED = "Thu, 12 Nov 2009 13:14:15 GMT";

/** A row of a multistatus: which properties were found, and which not. */
interface Row {
  readonly href: string;
  readonly found: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
}

describe("PROPFIND", () => {
  it("tells of a file and of a directory, each by itself with depth 0", async () => {
    await using tree = await servedModule();
    const file = await tree.propfind(`${M}/m.go`, "0");
    const { headers } = await tree.ask(`${M}/m.go`);

    expect(file.status).toBe(207);
    expect(file.headers["content-type"]).toBe("application/xml; charset=utf-8");
    expect(rows(file)).toEqual([
      {
        href: "/example.com/m%40v1.0.0/m.go",
        found: {
          "D:resourcetype": "",
          "D:displayname": "m.go",
          "D:creationdate": "2009-11-12T13:14:15Z",
          "D:getlastmodified": LAST_MODIFIED,
          "D:getcontentlength": "10",
          "D:getcontenttype": headers["content-type"],
          "D:getetag": headers.etag,
          executable: "F",
        },
        missing: [],
      },
    ]);
    for (const path of [M, `${M}/`]) {
      expect(rows(await tree.propfind(path, "0"))).toEqual([
        {
          href: "/example.com/m%40v1.0.0/",
          found: {
            "D:resourcetype": { "D:collection": "" },
            "D:displayname": "m@v1.0.0",
            "D:creationdate": "2009-11-12T13:14:15Z",
            "D:getlastmodified": LAST_MODIFIED,
          },
          missing: [],
        },
      ]);
    }
  });

  it("lists what a directory has with depth 1, under names that are URLs", async () => {
    await using tree = await servedModule();

    expect(await hrefs(tree, "/")).toEqual(["/", "/cache/", "/example.com/"]);
    expect(await hrefs(tree, "/example.com")).toEqual([
      "/example.com/",
      "/example.com/m%40v1.0.0/",
    ]);
    expect(await hrefs(tree, `${M}/a%20b`)).toEqual([
      "/example.com/m%40v1.0.0/a%20b/",
      "/example.com/m%40v1.0.0/a%20b/%C3%A4%26%2B.txt",
    ]);
    expect(await hrefs(tree, V)).toEqual(
      ["", "list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip", "v1.0.0.ziphash"].map(
        (name) => `/cache/download/example.com/m/%40v/${name}`,
      ),
    );
    expect(await hrefs(tree, `${M}/m.go`)).toEqual(["/example.com/m%40v1.0.0/m.go"]);
    for (const href of await hrefs(tree, `${M}/`)) {
      expect((await tree.ask(href)).status).toBe(200);
    }
  });

  it("gives the properties that are named, and says which there are not", async () => {
    await using tree = await servedModule();
    const body = `<D:propfind xmlns:D="DAV:" xmlns:x='u:a"&amp;b'><D:prop><D:getcontentlength/>
      <x:odd/><D:quota-used-bytes/><executable xmlns="http://apache.org/dav/props/"/></D:prop></D:propfind>`;
    const answer = await tree.propfind(M, "1", body);
    const found = new Map(rows(answer).map((row) => [row.href.split("/").at(-1), row]));

    expect(answer.body.toString()).toContain('<odd xmlns="u:a&quot;&amp;b"/>');
    expect(found.get("m.go")).toMatchObject({
      found: { "D:getcontentlength": "10", executable: "F" },
      missing: ["odd", "D:quota-used-bytes"],
    });
    expect(found.get("")).toMatchObject({
      found: {},
      missing: ["D:getcontentlength", "odd", "D:quota-used-bytes", "executable"],
    });
  });

  it("gives names without values for propname", async () => {
    await using tree = await servedModule();
    const body = '<propfind xmlns="DAV:"><propname/></propfind>';
    const [row] = rows(await tree.propfind(`${M}/m.go`, "0", body));

    expect(Object.keys(row?.found ?? {})).toContain("D:getetag");
    expect(new Set(Object.values(row?.found ?? {}))).toEqual(new Set([""]));
  });

  it.each([[undefined], ["infinity"], ["Infinity"]])("refuses depth %s", async (depth) => {
    await using tree = await serveTree();
    const headers = depth === undefined ? {} : { Depth: depth };
    const answer = await tree.ask("/", { method: "PROPFIND", headers });

    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain("<D:propfind-finite-depth/>");
    expect(answer.headers["content-type"]).toBe("application/xml; charset=utf-8");
  });

  it("refuses what is no depth, and what is no question", async () => {
    await using tree = await serveTree();

    expect((await tree.propfind("/", "2")).status).toBe(400);
    expect((await tree.propfind("/", "0", "<propfind>")).status).toBe(400);
    expect((await tree.propfind("/", "0", "<!DOCTYPE a><a/>")).status).toBe(400);
    expect((await tree.propfind("/", "0", "x".repeat(33 * 1024))).status).toBe(413);
  });

  it("streams a large directory", async () => {
    await using tree = await serveTree();
    const names = Array.from({ length: 1_500 }, (_, index) => `file${index}.txt`);
    tree.upstream.addModule(
      "example.com/large",
      "v1.0.0",
      Object.fromEntries(names.map((name) => [name, name])),
    );
    const answer = await tree.propfind("/example.com/large@v1.0.0", "1");

    expect(answer.headers["content-length"]).toBeUndefined();
    expect(rows(answer)).toHaveLength(names.length + 2);
    const page = await tree.ask("/example.com/large@v1.0.0/");
    expect(page.body.toString().match(/<tr>/g)).toHaveLength(names.length + 2);
    expect((await tree.ask("/example.com/large@v1.0.0/", { method: "HEAD" })).status).toBe(200);
  });
});

describe("GET and HEAD", () => {
  it("give the bytes of every file, and the fields alike", async () => {
    await using tree = await servedModule();
    const upstream = async (file: string): Promise<string> => {
      const answer = await fetch(`${tree.upstream.url}/example.com/m/@v/${file}`);
      return await answer.text();
    };
    const expected = new Map<string, string>([
      ...Object.entries(FILES).map(([name, text]) => [`${M}/${encodeURI(name)}`, text] as const),
      [`${V}/v1.0.0.mod`, await upstream("v1.0.0.mod")],
      [`${V}/list`, "v1.0.0\n"],
    ]);
    for (const [path, text] of expected) {
      const get = await tree.ask(path);
      const head = await tree.ask(path, { method: "HEAD" });
      expect([get.status, get.body.toString()]).toEqual([200, text]);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      expect(constant(head)).toEqual(constant(get));
      expect(get.headers).toMatchObject({
        "content-length": String(Buffer.byteLength(text)),
        "last-modified": LAST_MODIFIED,
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
      });
      expect(get.headers.etag).toMatch(/^"[^"]+"$/);
    }
    const zip = await tree.ask(`${V}/v1.0.0.zip`);
    const zipHash = await tree.ask(`${V}/v1.0.0.ziphash`);
    expect(zip.body.subarray(0, 2).toString()).toBe("PK");
    expect(zipHash.body.toString()).toMatch(/^h1:.{44}$/);
  });

  it("give ranges, and nothing to those who have it already", async () => {
    await using tree = await servedModule();
    const path = `${M}/m.go`;
    const { etag } = (await tree.ask(path)).headers;
    const range = async (field: string, further = {}): Promise<unknown[]> => {
      const { status, headers, body } = await tree.ask(path, {
        headers: { Range: field, ...further },
      });
      return [status, headers["content-range"], body.toString()];
    };

    expect(await range("bytes=2-4")).toEqual([206, "bytes 2-4/10", "cka"]);
    expect(await range("bytes=-3")).toEqual([206, "bytes 7-9/10", " m\n"]);
    expect(await range("bytes=8-99", { "If-Range": etag })).toEqual([206, "bytes 8-9/10", "m\n"]);
    expect(await range("bytes=8-99", { "If-Range": '"x"' })).toEqual([
      200,
      undefined,
      "package m\n",
    ]);
    expect((await range("bytes=10-"))[0]).toBe(416);
    for (const [condition, status] of [
      [etag, 304],
      [`W/${etag}, "y"`, 304],
      ['"x"', 200],
    ] as const) {
      expect((await tree.ask(path, { headers: { "If-None-Match": condition } })).status).toBe(
        status,
      );
    }
    expect((await tree.ask(`${M}/empty.txt`, { headers: { Range: "bytes=0-" } })).status).toBe(416);
  });

  it("give the same tag to the same content, and another to another", async () => {
    await using tree = await servedModule();
    tree.upstream.addModule("example.com/m", "v1.1.0", { ...FILES, "m.go": "package other\n" });
    const tag = async (path: string): Promise<unknown> => (await tree.ask(path)).headers.etag;

    expect(await tag("/example.com/m@v1.1.0/empty.txt")).toBe(await tag(`${M}/empty.txt`));
    expect(await tag("/example.com/m@v1.1.0/m.go")).not.toBe(await tag(`${M}/m.go`));
    const before = await tag(`${V}/list`);
    await tree.ask(`${V}/v1.1.0.mod`);
    expect(await tag(`${V}/list`)).not.toBe(before);
    expect((await tree.ask(`${V}/list`)).headers["cache-control"]).toBe("max-age=60");
  });

  it("give a page for a directory that runs nothing", async () => {
    await using tree = await servedModule();
    const page = await tree.ask(`${M}/a%20b/`);
    const text = page.body.toString();
    const file = await tree.ask(`${M}/page.html`);

    expect(page.headers["content-type"]).toBe("text/html; charset=UTF-8");
    expect(text).toContain(
      '<a href="/example.com/m%40v1.0.0/a%20b/%C3%A4%26%2B.txt">ä&amp;+.txt</a>',
    );
    expect(text).toContain('<a href="/example.com/m%40v1.0.0/">../</a>');
    expect(text).not.toMatch(/<script/i);
    for (const { headers } of [page, file]) {
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
    }
    expect(file.headers["content-type"]).toBe("application/octet-stream");
    expect((await tree.ask("/")).body.toString()).not.toContain("../");
  });
});

describe("WebdavHandler", () => {
  it("asks upstream for nothing but names with a version", async () => {
    await using tree = await servedModule();
    const before = tree.upstream.requests.size;
    for (const name of [
      ".git",
      ".DS_Store",
      "._m@v1.0.0",
      "desktop.ini",
      "Thumbs.db",
      ".hidden@v1.0.0",
      "m",
      "m@v1",
      "%ff",
      "..%2f",
      "%00",
    ]) {
      for (const directory of ["", "/example.com", M, V]) {
        const { status } = await tree.propfind(`${directory}/${name}`, "0");
        expect([207, 404]).toContain(status);
        expect((await tree.ask(`${directory}/${name}`)).status).toBe(status === 207 ? 200 : 404);
      }
    }
    expect((await tree.propfind("/example.com/.git", "0")).status).toBe(404);
    expect((await tree.propfind("/desktop.ini", "0")).status).toBe(404);
    expect((await tree.ask(`${M}/m.go/`)).status).toBe(404);
    expect((await tree.ask(`${M}/m.go/x`)).status).toBe(404);
    expect(tree.upstream.requests.size).toBe(before);
    tree.upstream.addModule("example.com/m", "v1.1.0", FILES);
    expect((await tree.ask("/example.com/m@v1.1.0/")).status).toBe(200);
    expect(tree.upstream.requests.size).toBeGreaterThan(before);
  });

  it("never leaves the tree", async () => {
    await using tree = await servedModule();
    for (const path of [
      "/../etc/passwd",
      "/%2e%2e/etc/passwd",
      "/..%2fetc%2fpasswd",
      `${M}/../../cache`,
      `${M}/a%20b/../m.go`,
      `${M}/a%20b%2f..%2fm.go`,
      `${M}//m.go`,
      "//etc/passwd",
    ]) {
      expect((await tree.ask(path)).status).toBe(404);
      expect((await tree.propfind(path, "1")).status).toBe(404);
    }
  });

  it("finds a module by name that its parent did not list", async () => {
    await using tree = await serveTree();
    tree.upstream.addModule("example.com/m", "v1.0.0", FILES);

    expect(await hrefs(tree, "/example.com/")).toEqual(["/example.com/"]);
    expect((await tree.propfind(M, "0")).status).toBe(207);
    expect(await hrefs(tree, "/example.com/")).toContain("/example.com/m%40v1.0.0/");
    expect(tree.handler.counts().misses).toBe(1);
  });

  it("lets nobody wait for another's module", async () => {
    await using tree = await servedModule();
    tree.upstream.addModule("example.com/slow", "v1.0.0", FILES);
    tree.upstream.addFault({ pattern: /slow.*\.zip$/, delay: 1_000 });
    let isThere = false;
    const waiting = tree.ask("/example.com/slow@v1.0.0/m.go").finally(() => {
      isThere = true;
    });

    expect((await tree.ask(`${M}/m.go`)).status).toBe(200);
    expect((await tree.propfind("/", "1")).status).toBe(207);
    expect(isThere).toBe(false);
    expect((await waiting).body.toString()).toBe("package m\n");
  });

  it("tells a failure of upstream from a module that there is not", async () => {
    await using tree = await serveTree();
    tree.upstream.addModule("example.com/m", "v1.0.0", FILES);
    tree.upstream.addFault({ pattern: /m\/@v\/v1\.0\.0\.zip$/, status: 500 });

    expect((await tree.ask(`${M}/m.go`)).status).toBe(502);
    expect((await tree.ask("/example.com/m@v1.9.0/m.go")).status).toBe(404);
  });

  it("hides what a client may not read, and the directories that would give its name away", async () => {
    let client: Client = { name: "all", mayRead: () => true };
    await using tree = await serveTree({ client: () => client });
    for (const path of ["corp.test/secret/m", "example.com/m", "example.com/private"]) {
      tree.upstream.addModule(path, "v1.0.0", { "m.go": "package m\n" });
      await tree.ask(`/${path}@v1.0.0/m.go`);
      await tree.ask(`/cache/download/${path}/@v/v1.0.0.mod`);
    }
    expect(await hrefs(tree, "/")).toContain("/corp.test/");
    client = { name: "some", mayRead: (path) => path === "example.com/m" };

    expect(await hrefs(tree, "/")).toEqual(["/", "/cache/", "/example.com/"]);
    expect(await hrefs(tree, "/example.com/")).toEqual([
      "/example.com/",
      `/example.com/m%40v1.0.0/`,
    ]);
    expect(await hrefs(tree, "/cache/download/")).toEqual([
      "/cache/download/",
      "/cache/download/example.com/",
    ]);
    expect(await hrefs(tree, "/cache/download/example.com/")).not.toContain(
      "/cache/download/example.com/private/",
    );
    const before = tree.upstream.requests.size;
    for (const path of [
      "/corp.test/secret/m@v1.0.0/m.go",
      "/corp.test/secret/m@v1.9.0/m.go",
      "/cache/download/corp.test/secret/m/@v/",
      "/cache/download/corp.test/secret/m/@v/v1.0.0.mod",
    ]) {
      const refused = [await tree.ask(path), await tree.propfind(path, "0")];
      const texts = refused.map(({ body }) => body.toString().split("\n")[0]);
      expect(texts).toEqual(Array.from({ length: 2 }, () => "you may not read corp.test/secret/m"));
      expect(refused.map(({ status }) => status)).toEqual([403, 403]);
    }
    expect(tree.upstream.requests.size).toBe(before);
    expect((await tree.ask(`${M}/m.go`)).status).toBe(200);
  });

  it("says what it can do", async () => {
    await using tree = await serveTree();
    const { status, headers } = await tree.ask("/any/thing", { method: "OPTIONS" });

    expect(status).toBe(200);
    expect(headers).toMatchObject({ dav: "1", allow: "OPTIONS, GET, HEAD, PROPFIND" });
  });

  it.each([
    ["PUT", 405],
    ["POST", 405],
    ["PATCH", 405],
    ["DELETE", 405],
    ["LOCK", 405],
    ["UNLOCK", 405],
    ["REPORT", 405],
    ["PROPPATCH", 403],
    ["MKCOL", 403],
    ["COPY", 403],
    ["MOVE", 403],
  ])("refuses %s with or without a body, and goes on", async (method, status) => {
    await using tree = await servedModule();
    for (const body of [undefined, "short", "x".repeat(100_000)]) {
      const answer = await tree.ask(`${M}/m.go`, {
        method,
        ...(body !== undefined && { body, headers: { "Content-Length": body.length } }),
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.allow).toBe(
        status === 405 ? "OPTIONS, GET, HEAD, PROPFIND" : undefined,
      );
    }
    expect((await tree.ask(`${M}/m.go`)).body.toString()).toBe("package m\n");
  });

  it("leaves what is not below its root to others", async () => {
    await using tree = await serveTree({ root: "/dav" });
    tree.upstream.addModule("example.com/m", "v1.0.0", FILES);

    expect(rows(await tree.propfind(`/dav${M}`, "1"))[1]?.href).toBe(
      "/dav/example.com/m%40v1.0.0/a%20b/",
    );
    expect((await tree.ask("/dav/")).body.toString()).toContain('href="/dav/example.com/"');
    expect((await tree.ask(`/dav${M}/`)).body.toString()).toContain('href="/dav/example.com/">../');
    expect((await tree.propfind("/dav", "0")).status).toBe(207);
    expect((await tree.ask(`${M}/m.go`)).status).toBe(404);
    expect((await tree.ask("/david/")).status).toBe(404);
    expect((await tree.propfind("/other", "0", "body")).status).toBe(413);
  });
});

/** A server with {@linkcode FILES} as example.com/m@v1.0.0, all of it resident. */
async function servedModule(): Promise<ServedTree> {
  const tree = await serveTree();
  await tree.fill([tree.upstream.addModule("example.com/m", "v1.0.0", FILES)]);
  return tree;
}

async function hrefs(tree: ServedTree, path: string): Promise<string[]> {
  return rows(await tree.propfind(path, "1")).map(({ href }) => href);
}

function constant({ headers }: TestAnswer): object {
  const { date: _date, "x-request-id": _id, ...others } = headers;
  return others;
}

const parser = new XMLParser({
  isArray: (name) => name === "D:response" || name === "D:propstat",
  parseTagValue: false,
  htmlEntities: true,
});

function rows({ body }: TestAnswer): Row[] {
  const document: unknown = parser.parse(body.toString(), true);
  return list(field(field(document, "D:multistatus"), "D:response")).map((response) => {
    const stats = list(field(response, "D:propstat"));
    const properties = (status: string): object => {
      const stat = stats.find((other) => field(other, "D:status") === `HTTP/1.1 ${status}`);
      const prop = stat === undefined ? {} : field(stat, "D:prop");
      return typeof prop === "object" && prop !== null ? prop : {};
    };
    return {
      href: String(field(response, "D:href")),
      found: { ...properties("200 OK") },
      missing: Object.keys(properties("404 Not Found")),
    };
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
