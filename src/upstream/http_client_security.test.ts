import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConnectProxy } from "../../test/support/connect_proxy.ts";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { makeTestCertificate, type TestCertificate } from "../../test/support/test_certificate.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { basicAuthorization } from "./authorization.ts";
import { type CredentialHeaders, CredentialTable } from "./credential_table.ts";
import type { HttpClientOptions } from "./http_client.ts";
import { noCredentials, type RequestCredentials } from "./request_credentials.ts";

let directory: TemporaryDirectory;
let certificate: TestCertificate;
let fixture: HttpFixture;

beforeAll(() => {
  directory = temporaryDirectory();
  certificate = makeTestCertificate(directory, ["127.0.0.1", "proxy.test"]);
});

afterAll(() => {
  directory[Symbol.dispose]();
});

beforeEach(() => {
  fixture = new HttpFixture();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

describe("HttpClient redirects", () => {
  it("follows them, ten at most", async () => {
    const server = await fixture.serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end("arrived");
      else response.writeHead(302, { location: `/${left - 1}` }).end("moved");
    });
    expect(await getText(fixture.client(), server.url("/10"))).toEqual({
      ok: true,
      body: "arrived",
    });
    await expect(getText(fixture.client(), server.url("/11"))).rejects.toEqual(
      rejection("UPSTREAM", "stopped after 10 redirects"),
    );
  });

  it("does not go from https to http, nor to other schemes", async () => {
    const server = await fixture.serve((request, response) => {
      const location =
        request.url === "/http" ? "http://a:secret@other.test/" : "file:///etc/passwd";
      response.writeHead(301, { location }).end();
    }, certificate);
    const http = fixture.client({ env: { SSL_CERT_FILE: certificate.authorityFile } });
    for (const path of ["/http", "/file"]) {
      const failure = getText(http, server.url(path));
      await expect(failure).rejects.toEqual(rejection("UPSTREAM", "insecure URL"));
      await expect(failure).rejects.not.toThrow("secret");
    }
  });
});

describe("HttpClient over TLS", () => {
  it.each(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])("trusts the authority in %s", async (name) => {
    const server = await fixture.serve((_request, response) => response.end("secure"), certificate);
    const http = fixture.client({ env: { [name]: certificate.authorityFile } });
    expect(await getText(http, server.url())).toEqual({ ok: true, body: "secure" });
  });

  it("trusts an authority in SSL_CERT_DIR", async () => {
    const server = await fixture.serve((_request, response) => response.end("secure"), certificate);
    const http = fixture.client({ env: { SSL_CERT_DIR: `/nonexistent:${directory.path}` } });
    expect(await getText(http, server.url())).toMatchObject({ ok: true });
  });

  it("refuses an unknown authority at once and says what to do", async () => {
    const server = await fixture.serve((_request, response) => response.end("secure"), certificate);
    await expect(getText(fixture.client(), server.url())).rejects.toSatisfy(
      (error) => isGomodfsError(error, "UPSTREAM") && /SSL_CERT_FILE/.test(error.hint ?? ""),
    );
  });
});

/** Knows the headers for these prefixes of URLs, and never others. */
function knownCredentials(known: Readonly<Record<string, CredentialHeaders>>): RequestCredentials {
  const table = new CredentialTable();
  for (const [prefix, headers] of Object.entries(known)) table.set(prefix, headers);
  return { ...noCredentials, headersFor: (url) => Promise.resolve(table.find(url) ?? {}) };
}

describe("HttpClient that may be insecure", () => {
  it("trusts any certificate, and follows redirects to http", async () => {
    const plain = await fixture.serve((_request, response) => response.end("plain"));
    const secure = await fixture.serve((_request, response) => {
      response.writeHead(302, { location: plain.url().href }).end();
    }, certificate);
    const answer = await getText(fixture.client({ insecure: true }), secure.url());
    expect(answer).toEqual({ ok: true, body: "plain" });
  });
});

describe("HttpClient credentials", () => {
  async function headersAt(
    path: string,
    options: Partial<HttpClientOptions>,
    userinfo = "",
  ): Promise<(string | undefined)[]> {
    const seen: (string | undefined)[] = [];
    const other = await fixture.serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    }, certificate);
    const server = await fixture.serve((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === "/other") {
        response.writeHead(302, { location: other.url("/").href }).end();
      } else if (request.url === "/same") response.writeHead(302, { location: "/end" }).end();
      else response.end();
    }, certificate);
    const url = server.url(path);
    const withUserinfo = new URL(url.href.replace("//", `//${userinfo}`));
    const credentials = knownCredentials({
      [url.host]: basicAuthorization("ann", "pw"),
      [other.url().host]: basicAuthorization("o", "p"),
    });
    const env = { SSL_CERT_FILE: certificate.authorityFile };
    await getText(fixture.client({ env, credentials, ...options }), withUserinfo);
    return seen;
  }

  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

  it("come from who knows them, or from the URL", async () => {
    expect(await headersAt("/", {})).toEqual([basic("ann:pw")]);
    expect(await headersAt("/", {}, "b%40b:p%3Aw@")).toEqual([basic("b@b:p:w")]);
    expect(await headersAt("/", { credentials: noCredentials })).toEqual([undefined]);
  });

  it("stay with their host when redirected", async () => {
    expect(await headersAt("/same", {})).toEqual([basic("ann:pw"), basic("ann:pw")]);
    expect(await headersAt("/other", {})).toEqual([basic("ann:pw"), undefined]);
    expect(await headersAt("/other", {}, "u:p@")).toEqual([basic("u:p"), undefined]);
  });

  it("never go over plain http, nor into messages", async () => {
    const seen: (string | undefined)[] = [];
    const server = await fixture.serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const host = server.url().host;
    const credentials = knownCredentials({ [host]: basicAuthorization("ann", "pw") });
    await getText(fixture.client({ credentials }), server.url());
    expect(seen).toEqual([undefined]);
    const url = new URL(server.url().href.replace("//", "//ann:secret@"));
    const failure = getText(fixture.client(), url);
    await expect(failure).rejects.toEqual(rejection("USAGE", "insecure URL http://ann:xxxxx@"));
    await expect(failure).rejects.not.toThrow("secret");
  });
});

describe("HttpClient through an HTTP proxy", () => {
  it("reaches https and http hosts that only the proxy knows", async () => {
    await using proxy = new ConnectProxy();
    const port = await proxy.listen();
    const secure = await fixture.serve((_request, response) => response.end("secure"), certificate);
    const plain = await fixture.serve((_request, response) => response.end("plain"));
    const http = fixture.client({
      env: {
        HTTPS_PROXY: `http://user:pass@127.0.0.1:${port}`,
        HTTP_PROXY: `127.0.0.1:${port}`,
        SSL_CERT_FILE: certificate.authorityFile,
      },
    });
    expect(await getText(http, secure.url("/", "proxy.test"))).toEqual({
      ok: true,
      body: "secure",
    });
    expect(await getText(http, plain.url("/x", "proxy.test"))).toEqual({ ok: true, body: "plain" });
    expect(proxy.requests).toEqual([
      `CONNECT proxy.test:${secure.port}`,
      `GET http://proxy.test:${plain.port}/x`,
    ]);
    expect(proxy.authorizations[0]).toBe(`Basic ${Buffer.from("user:pass").toString("base64")}`);
    expect(await getText(http, secure.url())).toEqual({ ok: true, body: "secure" });
    expect(proxy.requests).toHaveLength(2);
  });

  it("says that it cannot use other kinds of proxy", async () => {
    const http = fixture.client({ env: { HTTPS_PROXY: "socks5://u:secret@127.0.0.1:1" } });
    const failure = getText(http, new URL("https://proxy.test/"));
    await expect(failure).rejects.toEqual(rejection("UNSUPPORTED", "socks5://xxxxx@127.0.0.1:1"));
  });
});
