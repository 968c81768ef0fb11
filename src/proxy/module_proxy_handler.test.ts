import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask } from "../http/testdata/http_ask.ts";
import { serveModules } from "./testdata/served_modules.ts";

const IMMUTABLE = "max-age=31536000, immutable";
const M = "/example.com/m";
const FILES = { "go.mod": "module example.com/m\n", "m.go": "package m\n" };
const LONG_GO_MOD = `module example.com/long\n${"// a comment that repeats itself\n".repeat(200)}`;

describe("ModuleProxyHandler", () => {
  it("serves every file of a module at both roots as upstream has it", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    modules.upstream.addModule("example.com/m", "v1.1.0", FILES);

    for (const [file, type, control] of [
      ["@v/v1.0.0.info", "application/json", IMMUTABLE],
      ["@v/v1.0.0.mod", "text/plain; charset=UTF-8", IMMUTABLE],
      ["@v/list", "text/plain; charset=UTF-8", "max-age=60"],
      ["@latest", "application/json", "max-age=60"],
    ]) {
      const upstream = await ask(modules.upstream.port, `${M}/${file}`);
      for (const root of ["", "/mod", ""]) {
        const answer = await modules.ask(`${root}${M}/${file}`);
        expect(answer).toMatchObject({ status: 200, body: upstream.body });
        expect(answer.headers).toMatchObject({ "content-type": type, "cache-control": control });
        expect(answer.headers["content-length"]).toBe(String(upstream.body.length));
        expect(answer.headers.etag).toMatch(/^"[^"]+"$/);
      }
      expect(modules.upstream.requests.get(`${M}/${file}`)).toBe(2);
    }
  });

  it("answers HEAD with the fields of GET", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);

    for (const file of ["@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@v/list", "@latest"]) {
      const head = await modules.ask(`${M}/${file}`, { method: "HEAD" });
      const get = await modules.ask(`${M}/${file}`);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      expect(constantFields(head.headers)).toEqual(constantFields(get.headers));
      expect(head.headers["content-length"]).toBe(String(get.body.length));
    }
  });

  it("compresses what is long, if asked to", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/long", "v1.0.0", { "go.mod": LONG_GO_MOD });
    const path = "/example.com/long/@v/v1.0.0";
    const headers = { "Accept-Encoding": "gzip" };

    const plain = await modules.ask(`${path}.mod`);
    const first = await modules.ask(`${path}.mod`, { headers });
    const again = await modules.ask(`${path}.mod`, { headers });
    const short = await modules.ask(`${path}.info`, { headers });

    expect(plain.body.toString()).toBe(LONG_GO_MOD);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    for (const { headers: fields, body } of [first, again]) {
      expect(fields["content-encoding"]).toBe("gzip");
      expect(fields["content-length"]).toBe(String(body.length));
      expect(fields["vary"]).toBe("Accept-Encoding");
      expect(gunzipSync(body).toString()).toBe(LONG_GO_MOD);
      expect(fields.etag).not.toBe(plain.headers.etag);
    }
    expect(plain.headers["vary"]).toBe("Accept-Encoding");
    expect(short.headers["content-encoding"]).toBeUndefined();
    expect(short.headers["vary"]).toBeUndefined();
  });

  it("sends nothing that the client has already", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);

    for (const file of ["@v/v1.0.0.info", "@v/v1.0.0.zip", "@v/list", "@latest"]) {
      const { headers } = await modules.ask(`${M}/${file}`);
      const known = { headers: { "If-None-Match": headers.etag } };
      const unchanged = await modules.ask(`${M}/${file}`, known);
      const changed = await modules.ask(`${M}/${file}`, { headers: { "If-None-Match": '"x"' } });
      expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
      expect(unchanged.headers.etag).toBe(headers.etag);
      expect(unchanged.headers["cache-control"]).toBe(headers["cache-control"]);
      expect(changed.status).toBe(200);
    }
  });

  it("gives what a branch or a commit is", async () => {
    await using modules = await serveModules();
    const info = `{"Version":"v0.0.0-20200101000000-0123456789ab","Time":"2020-01-01T00:00:00Z"}`;
    modules.upstream.set(`${M}/@v/main.info`, info);

    const answer = await modules.ask(`${M}/@v/main.info`);

    expect(answer.body.toString()).toBe(info);
    expect(answer.headers["cache-control"]).toBe("max-age=60");
  });

  it("goes on answering when upstream is gone, and says that it is old", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    await modules.ask(`${M}/@v/v1.0.0.info`);
    await modules.ask(`${M}/@v/v1.0.0.mod`);
    await modules.ask(`${M}/@v/v1.0.0.zip`);
    await expect
      .poll(async () => (await residentOnly(modules, `${M}/@v/v1.0.0.info`)).status)
      .toBe(200);
    await modules.upstream.close();

    const list = await modules.ask(`${M}/@v/list`);

    expect([list.status, list.body.toString()]).toEqual([200, "v1.0.0\n"]);
    expect(list.headers["warning"]).toMatch(/^110 /);
    expect(list.headers["age"]).toMatch(/^\d+$/);
    expect((await modules.ask(`${M}/@v/v1.0.0.zip`)).status).toBe(200);
    expect((await modules.ask(`${M}/@v/v1.1.0.info`)).status).toBe(502);
  });

  it("fetches nothing for Disable-Module-Fetch", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    const files = ["@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@v/list", "@latest"];

    for (const file of files) {
      const answer = await residentOnly(modules, `${M}/${file}`);
      expect(answer.status).toBe(404);
      expect(answer.body.toString()).toMatch(/^not found: /);
    }
    expect(modules.upstream.requests.size).toBe(0);

    for (const file of files) await modules.ask(`${M}/${file}`);
    for (const file of files) {
      expect((await residentOnly(modules, `${M}/${file}`)).status).toBe(200);
    }
  });

  it("shows private modules to those only who may read them, whether they exist or not", async () => {
    const client = { name: "ann", mayRead: (path: string) => !path.startsWith("example.com/") };
    await using modules = await serveModules({ client });
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    modules.upstream.addModule("public.test/m", "v1.0.0", { "go.mod": "module public.test/m\n" });

    const seen = await modules.ask(`${M}/@v/v1.0.0.info`);
    const missing = await modules.ask(`${M}/@v/v9.0.0.info`);

    expect([seen.status, missing.status]).toEqual([403, 403]);
    expect(seen.body).toEqual(missing.body);
    expect(modules.upstream.requests.size).toBe(0);
    expect((await modules.ask("/public.test/m/@v/v1.0.0.info")).status).toBe(200);
  });

  it("shows what it has ready to those only who may read it", async () => {
    let isAllowed = true;
    const client = { name: undefined, mayRead: () => isAllowed };
    await using modules = await serveModules({ client });
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    await modules.ask(`${M}/@v/v1.0.0.info`);

    isAllowed = false;

    expect((await modules.ask(`${M}/@v/v1.0.0.info`)).status).toBe(403);
  });

  it("takes 404, 410 and other failures of upstream for what they are", async () => {
    await using modules = await serveModules();
    modules.upstream.set(`${M}/@v/v1.0.0.info`, { status: 410, body: "taken back" });
    modules.upstream.set(`${M}/@v/v1.1.0.info`, { status: 403, body: "not for you" });
    modules.upstream.set(`${M}/@v/v1.2.0.info`, { body: "<html>log in</html>" });
    modules.upstream.set(`${M}/@v/v1.3.0.zip`, { body: "no zip" });

    const statusOf = async (file: string) => (await modules.ask(`${M}/@v/${file}`)).status;

    expect(await statusOf("v1.0.0.info")).toBe(410);
    expect(await statusOf("v1.1.0.info")).toBe(502);
    expect(await statusOf("v1.2.0.info")).toBe(502);
    expect(await statusOf("v1.3.0.zip")).toBe(502);
    expect(await statusOf("v1.4.0.info")).toBe(404);
  });

  it("refuses what is not what go.sum says, so that no list leads a client on", async () => {
    const wrong = `h1:${"A".repeat(43)}=`;
    const goSum = `example.com/m v1.0.0 ${wrong}\nexample.com/m v1.0.0/go.mod ${wrong}\n`;
    await using modules = await serveModules({ goSum });
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);

    for (const file of ["mod", "zip"]) {
      const answer = await modules.ask(`${M}/@v/v1.0.0.${file}`);
      expect(answer.status).toBe(403);
      expect(answer.body.toString()).toContain("checksum mismatch");
    }
  });

  it("counts what was resident and what was not", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);

    for (const file of ["info", "mod", "zip", "info", "mod", "zip", "info"]) {
      await modules.ask(`${M}/@v/v1.0.0.${file}`);
    }

    expect(modules.handler.counts()).toEqual({ hits: 4, misses: 3 });
  });

  it("lets nobody write", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    await modules.ask(`${M}/@v/v1.0.0.info`);

    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]) {
      for (const file of ["@v/v1.0.0.info", "@v/v1.0.0.zip", "@v/list"]) {
        const answer = await modules.ask(`${M}/${file}`, { method });
        expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
      }
    }
  });

  it("fetches what a thousand clients ask for once", async () => {
    await using modules = await serveModules();
    modules.upstream.addModule("example.com/m", "v1.0.0", FILES);
    modules.upstream.addFault({ pattern: /@v/, delay: 300 });

    for (const file of ["@v/v1.0.0.zip", "@v/v1.0.0.mod", "@v/list"]) {
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, async () => await modules.ask(`${M}/${file}`)),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(new Set(answers.map(({ body }) => body.toString("latin1"))).size).toBe(1);
      expect(modules.upstream.requests.get(`${M}/${file}`)).toBe(1);
    }
  });
});

async function residentOnly(modules: Awaited<ReturnType<typeof serveModules>>, path: string) {
  return await modules.ask(path, { headers: { "Disable-Module-Fetch": "true" } });
}

function constantFields(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { date: _date, "x-request-id": _id, age: _age, ...others } = headers;
  return others;
}
