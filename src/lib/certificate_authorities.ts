import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { getCACertificates } from "node:tls";
import type { Environment } from "./environment.ts";

/** Far above any system's bundle (the usual ones have 250 KB): a wrong path must not fill the memory. */
const maxBundleBytes = 16 << 20;
const maxDirectoryEntries = 10_000;

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates (PEM, each once) that a server's chain may end at: Node's own, the system's, and those of the
 * environment: SSL_CERT_FILE and SSL_CERT_DIR, which Go's crypto/x509 reads, and NODE_EXTRA_CA_CERTS. A company's own
 * authority works with whichever of these was set for Go or Node. Takes 25 ms for the system's, so ask once and late.
 *
 * What cannot be read is passed over, as crypto/x509 does.
 */
export function certificateAuthorities(env: Environment): string[] {
  const files = [env["SSL_CERT_FILE"], env["NODE_EXTRA_CA_CERTS"]].filter(
    (file) => file !== undefined,
  );
  const directories = (env["SSL_CERT_DIR"] ?? "").split(delimiter).filter((name) => name !== "");
  const found = [...files, ...directories.flatMap(filesOfDirectory)].flatMap(certificatesOfFile);
  const own = [...getCACertificates("default"), ...getCACertificates("system")];
  const known = new Set(own.map(normalizePem));
  const added = new Set(found.map(normalizePem)).difference(known);
  return [...known, ...[...added].filter(isCertificate)];
}

/** One that is none would make tls.createSecureContext refuse them all. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function filesOfDirectory(directory: string): string[] {
  try {
    return readdirSync(directory)
      .slice(0, maxDirectoryEntries)
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function certificatesOfFile(file: string): string[] {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > maxBundleBytes) return [];
    return readFileSync(file, "latin1").match(pemCertificate) ?? [];
  } catch {
    return [];
  }
}

/** The same certificate is wrapped differently from file to file. */
function normalizePem(pem: string): string {
  const base64 = pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s+/g, "");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, "$1\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
}
