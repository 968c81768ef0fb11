import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { connect } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import {
  makeTestCertificate,
  type TestCertificate,
} from "../../../test/support/test_certificate.ts";
import { type LogFields, type Logger, silentLogger } from "../../lib/logger.ts";
import { TlsCertificates, type TlsFiles } from "./tls_certificates.ts";

const DAY = 24 * 3_600_000;

let directory: TemporaryDirectory;
let other: TemporaryDirectory;
let first: TestCertificate;
let second: TestCertificate;
let files: TlsFiles;
let warnings: [string, LogFields | undefined][];
const log: Logger = {
  ...silentLogger,
  warn: (message, fields) => warnings.push([message, fields]),
};

beforeAll(() => {
  directory = temporaryDirectory();
  other = temporaryDirectory();
  first = makeTestCertificate(directory, ["127.0.0.1"]);
  second = makeTestCertificate(other, ["127.0.0.1"]);
  files = { certificate: directory.join("cert.pem"), key: directory.join("key.pem") };
});

afterAll(() => {
  directory[Symbol.dispose]();
  other[Symbol.dispose]();
});

beforeEach(() => {
  warnings = [];
  write(first.cert, first.key);
});

function write(cert: string, key: string): void {
  writeFileSync(files.certificate, cert);
  writeFileSync(files.key, key);
  chmodSync(files.key, 0o600);
}

const load = (age = 0): Promise<TlsCertificates> =>
  TlsCertificates.load(files, { log, now: () => Date.now() + age });

describe("a server's certificate", () => {
  it("is used by a server, and the new one after a reload", async () => {
    const certificates = await load();
    const server = createServer(certificates.context);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const handshake = async (maxVersion: "TLSv1.1" | "TLSv1.3"): Promise<string> => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const options = { minVersion: "TLSv1.1", maxVersion, ciphers: "DEFAULT@SECLEVEL=0" } as const;
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
      socket.once("secureConnect", () => resolve(socket.getPeerCertificate().fingerprint256));
      socket.once("error", reject);
      return await promise.finally(() => socket.destroy());
    };
    try {
      const before = await handshake("TLSv1.3");
      expect(await handshake("TLSv1.3")).toBe(before);
      await expect(handshake("TLSv1.1")).rejects.toMatchObject({
        code: expect.stringContaining("PROTOCOL_VERSION") as unknown,
      });
      write(second.cert, second.key);
      await certificates.reload();
      server.setSecureContext(certificates.context);
      expect(await handshake("TLSv1.3")).not.toBe(before);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("that cannot be used leaves the one before in use", async () => {
    const certificates = await load();
    const { context } = certificates;
    write(second.cert, first.key);
    await expect(certificates.reload()).rejects.toMatchObject({
      code: "USAGE",
      message: `the private key in ${files.key} is not that of the certificate in ${files.certificate}`,
    });
    expect(certificates.context).toBe(context);
  });

  it.each([
    ["of text", "no certificate", "holds 0 certificates in PEM form"],
    [
      "cut short",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      "certificate 1 of",
    ],
  ])("%s is refused", async (_, cert, message) => {
    write(cert, first.key);
    await expect(load()).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(message) as unknown,
    });
  });

  it("whose key is none, or encrypted, is refused", async () => {
    write(first.cert, "no key");
    await expect(load()).rejects.toMatchObject({
      message: `${files.key} holds no private key in PEM form`,
    });
    const encrypted = execFileSync("openssl", ["pkey", "-aes256", "-passout", "pass:x"], {
      input: first.key,
    });
    write(first.cert, encrypted.toString());
    await expect(load()).rejects.toMatchObject({
      message: `the private key in ${files.key} is encrypted`,
    });
  });

  it("that has expired, or is not valid yet, is refused", async () => {
    await expect(load(2 * DAY)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(
        /^CN=test server in .* expired on \d{4}-\d\d-\d\d$/,
      ) as unknown,
    });
    await expect(load(-2 * DAY)).rejects.toMatchObject({
      message: expect.stringContaining("is not valid before") as unknown,
    });
  });

  it("that expires soon, and a key that others can read, are warned about", async () => {
    chmodSync(files.key, 0o644);
    await load();
    expect(warnings).toEqual([
      ["a certificate expires soon", expect.objectContaining({ file: files.certificate })],
      [
        "other users of this machine can read the private key",
        { file: files.key, hint: `chmod go-rwx ${files.key}` },
      ],
    ]);
  });

  it("that is not there is named", async () => {
    const missing = { ...files, key: directory.join("nowhere.pem") };
    const loading = TlsCertificates.load(missing, { log, now: Date.now });
    await expect(loading).rejects.toMatchObject({
      code: "USAGE",
      message: `there is no private key ${missing.key}`,
    });
  });
});
