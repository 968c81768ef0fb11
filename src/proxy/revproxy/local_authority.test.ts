import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram, runSuccessfully } from "../../../test/support/program.ts";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { LocalAuthority } from "./local_authority.ts";

const DAY = 24 * 60 * 60_000;

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

async function openAuthority(
  hosts: readonly string[] = ["listed.test"],
  clock: () => number = Date.now,
): Promise<LocalAuthority> {
  return await LocalAuthority.open({ directory: directory.join("ca"), hosts, env: {}, clock });
}

describe("LocalAuthority", () => {
  it("makes a key for its owner's eyes only, and keeps it", async () => {
    const first = await openAuthority();
    const certificate = readFileSync(first.certificateFile, "utf8");
    const again = await openAuthority();
    expect(readFileSync(again.certificateFile, "utf8")).toBe(certificate);
    expect(statSync(directory.join("ca/authority.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(first.certificateFile, "utf8")).not.toContain("PRIVATE");
    expect(readFileSync(first.bundleFile, "utf8")).not.toContain("PRIVATE");
  });

  it("is made once by processes that begin at the same time", async () => {
    await Promise.all(Array.from({ length: 8 }, async () => await openAuthority()));
    const kept = readFileSync(directory.join("ca/authority.pem"), "utf8");
    const { certificateFile } = await openAuthority();
    expect(kept).toContain(readFileSync(certificateFile, "utf8"));
  });

  it("signs certificates that OpenSSL and Go verify with all their rules", async () => {
    const hosts = ["listed.test", "192.0.2.7", "2001:db8::1:0"];
    const authority = await openAuthority(hosts);
    const program = directory.join("verify.go");
    writeFileSync(program, verifier);
    for (const host of hosts) {
      await using server = await LeafServer.start(authority, host);
      const leaf = directory.join("leaf.pem");
      writeFileSync(leaf, await server.certificate());
      const name = host.endsWith(".test") ? "-verify_hostname" : "-verify_ip";
      await runSuccessfully([
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        name,
        host,
        "-CAfile",
        authority.certificateFile,
        leaf,
      ]);
      const go = await runProgram(["go", "run", program, authority.certificateFile, leaf, host]);
      expect(go).toMatchObject({ status: 0 });
    }
  });

  it("cannot sign for other hosts", async () => {
    const authority = await openAuthority(["listed.test"]);
    const program = directory.join("verify.go");
    writeFileSync(program, verifier);
    for (const host of ["other.test", "192.0.2.7", "2001:db8::1"]) {
      await using server = await LeafServer.start(authority, host);
      const leaf = directory.join("leaf.pem");
      writeFileSync(leaf, await server.certificate());
      const openssl = await runProgram([
        "openssl",
        "verify",
        "-CAfile",
        authority.certificateFile,
        leaf,
      ]);
      expect(openssl.status).not.toBe(0);
      expect(openssl.stderr).toMatch(/permitted subtree violation|excluded subtree violation/);
      const go = await runProgram(["go", "run", program, authority.certificateFile, leaf, host]);
      expect(go.status).not.toBe(0);
      expect(go.stderr).toMatch(/not permitted by|is excluded by/);
    }
  });

  it("makes a new certificate with the same key when the hosts change", async () => {
    const before = await openAuthority(["listed.test"]);
    const old = readFileSync(before.certificateFile, "utf8");
    const after = await openAuthority(["listed.test", "new.test"]);
    const renewed = readFileSync(after.certificateFile, "utf8");
    expect(renewed).not.toBe(old);
    expect(publicKeyOf(renewed)).toBe(publicKeyOf(old));
  });

  it("renews itself before it ends, while it runs", async () => {
    let now = Date.now();
    const authority = await openAuthority(["listed.test"], () => now);
    const old = readFileSync(authority.certificateFile, "utf8");
    now += 300 * DAY;
    await authority.secureContext("listed.test");
    expect(readFileSync(authority.certificateFile, "utf8")).toBe(old);
    now += 10 * DAY;
    await authority.secureContext("listed.test");
    const renewed = new X509Certificate(readFileSync(authority.certificateFile));
    expect(renewed.validToDate.getTime()).toBeGreaterThan(now + 360 * DAY);
    expect(readFileSync(authority.bundleFile, "utf8")).toContain(
      readFileSync(authority.certificateFile, "utf8"),
    );
  });

  it("uses a leaf for a day", async () => {
    let now = Date.now();
    const authority = await openAuthority(["listed.test"], () => now);
    const first = await authority.secureContext("listed.test");
    now += DAY / 2;
    expect(await authority.secureContext("listed.test")).toBe(first);
    now += DAY;
    expect(await authority.secureContext("listed.test")).not.toBe(first);
  });

  it("starts anew when its file is damaged", async () => {
    await openAuthority();
    const file = directory.join("ca/authority.pem");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 100));
    const { certificateFile } = await openAuthority();
    expect(readFileSync(file, "utf8")).toContain(readFileSync(certificateFile, "utf8"));
  });

  it("has the other authorities in the bundle, and of its own the newest only", async () => {
    const first = await openAuthority(["listed.test"]);
    const count = countOf(first.bundleFile);
    expect(count).toBeGreaterThan(50);
    const second = await LocalAuthority.open({
      directory: directory.join("ca"),
      hosts: ["listed.test", "new.test"],
      env: { SSL_CERT_FILE: first.bundleFile },
    });
    expect(countOf(second.bundleFile)).toBe(count);
  });

  it("says so if its directory cannot be made", async () => {
    writeFileSync(directory.join("ca"), "a file");
    await expect(openAuthority()).rejects.toEqual(rejection("STORE", "certificate authority"));
  });
});

function countOf(bundle: string): number {
  return readFileSync(bundle, "utf8").split("BEGIN CERTIFICATE").length - 1;
}

function publicKeyOf(pem: string): string {
  const { publicKey } = new X509Certificate(pem);
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

/** Shows the certificate that a context has: Node tells it of servers only. */
class LeafServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(authority: LocalAuthority, host: string): Promise<LeafServer> {
    const context = await authority.secureContext(host);
    const server = createServer({ SNICallback: (_name, answer) => answer(null, context) });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return new LeafServer(server);
  }

  async certificate(): Promise<string> {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const shown = await runProgram([
      "openssl",
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-servername",
      "any.test",
    ]);
    return (
      /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/.exec(shown.stdout)?.[0] ?? ""
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

const verifier = `package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(os.Args[1])
	if err != nil || !roots.AppendCertsFromPEM(authority) {
		fmt.Fprintln(os.Stderr, "no authority", err)
		os.Exit(2)
	}
	content, err := os.ReadFile(os.Args[2])
	block, _ := pem.Decode(content)
	if err != nil || block == nil {
		fmt.Fprintln(os.Stderr, "no leaf", err)
		os.Exit(2)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err == nil {
		_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: os.Args[3]})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`;
