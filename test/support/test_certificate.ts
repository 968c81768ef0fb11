import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { TemporaryDirectory } from "./temporary_directory.ts";

/** A server's certificate with its key, and the authority that signed it. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** File with the authority's certificate (PEM), to be trusted through SSL_CERT_FILE. */
  readonly authorityFile: string;
}

/** Makes an authority of its own and a certificate of it for these DNS names and addresses, valid for a day. */
export function makeTestCertificate(
  directory: TemporaryDirectory,
  names: readonly string[],
): TestCertificate {
  const authorityKey = directory.join("authority.key");
  const authorityFile = directory.join("authority.pem");
  const keyFile = directory.join("server.key");
  const certFile = directory.join("server.pem");
  const newKey = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const authority = ["-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE"];
  openssl([
    "req",
    ...newKey,
    "-days",
    "1",
    ...authority,
    "-keyout",
    authorityKey,
    "-out",
    authorityFile,
  ]);
  const alternatives = names.map((name) => (/^[0-9.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  const server = ["-subj", "/CN=test server", "-addext", `subjectAltName=${alternatives.join()}`];
  const signer = [
    "-CA",
    authorityFile,
    "-CAkey",
    authorityKey,
    "-addext",
    "basicConstraints=CA:FALSE",
  ];
  openssl([
    "req",
    ...newKey,
    "-days",
    "1",
    ...server,
    ...signer,
    "-keyout",
    keyFile,
    "-out",
    certFile,
  ]);
  return {
    key: readFileSync(keyFile, "utf8"),
    cert: readFileSync(certFile, "utf8"),
    authorityFile,
  };
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
