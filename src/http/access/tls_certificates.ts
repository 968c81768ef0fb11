import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { stat } from "node:fs/promises";
import type { SecureContextOptions } from "node:tls";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { readBoundedFile } from "../../project/bounded_file.ts";

/** Where a server's certificate is: PEM files. */
export interface TlsFiles {
  /** The server's certificate, and behind it those of the authorities between it and the root. */
  readonly certificate: string;
  readonly key: string;
}

/** What loading takes besides the files. */
export interface TlsCertificatesOptions {
  readonly log: Logger;
  /** The time of day in milliseconds, as Date.now gives it. */
  readonly now: () => number;
}

const MAX_PEM_BYTES = 1 << 20;
const MAX_CHAIN = 32;
/** Authorities that renew by themselves do so a month before the end; two weeks before, something is amiss. */
const EXPIRES_SOON = 14 * 24 * 3_600_000;
const GROUP_OR_OTHERS_MAY_READ = 0o044;

/** A server's certificate and key, which can be loaded anew while it runs. */
export class TlsCertificates {
  readonly #files: TlsFiles;
  readonly #options: TlsCertificatesOptions;
  #context: SecureContextOptions;

  private constructor(
    files: TlsFiles,
    options: TlsCertificatesOptions,
    context: SecureContextOptions,
  ) {
    this.#files = files;
    this.#options = options;
    this.#context = context;
  }

  /**
   * @throws GomodfsError `USAGE` if a file is missing or not what it should be, if they do not belong together, or if
   *   the certificate has expired; `INVALID` or `TOO_LARGE` if one cannot be read
   */
  static async load(files: TlsFiles, options: TlsCertificatesOptions): Promise<TlsCertificates> {
    return new TlsCertificates(files, options, await loadContext(files, options));
  }

  /** For https.createServer, and for setSecureContext after {@linkcode reload}. */
  get context(): SecureContextOptions {
    return this.#context;
  }

  /**
   * Reads both files again. If they cannot be used, what was loaded before stays in use.
   *
   * @throws GomodfsError as {@linkcode load}
   */
  async reload(): Promise<void> {
    this.#context = await loadContext(this.#files, this.#options);
  }
}

async function loadContext(
  files: TlsFiles,
  { log, now }: TlsCertificatesOptions,
): Promise<SecureContextOptions> {
  const cert = await readPem(files.certificate, "certificate");
  const key = await readPem(files.key, "private key");
  const chain = parseChain(cert, files.certificate);
  const [own] = chain;
  if (own?.checkPrivateKey(parseKey(key, files.key)) !== true) {
    throw new GomodfsError(
      "USAGE",
      `the private key in ${files.key} is not that of the certificate in ${files.certificate}`,
      { hint: "the server's own certificate stands first in its file" },
    );
  }
  for (const certificate of chain) checkValidity(certificate, files.certificate, now(), log);
  const { mode } = await stat(files.key);
  if ((mode & GROUP_OR_OTHERS_MAY_READ) !== 0) {
    log.warn("other users of this machine can read the private key", {
      file: files.key,
      hint: `chmod go-rwx ${files.key}`,
    });
  }
  // RFC 8996: TLS 1.0 and 1.1 are not to be used.
  return { cert, key, minVersion: "TLSv1.2" };
}

async function readPem(path: string, what: string): Promise<string> {
  const text = await readBoundedFile(path, MAX_PEM_BYTES);
  if (text === undefined) throw new GomodfsError("USAGE", `there is no ${what} ${path}`);
  return text;
}

function parseChain(text: string, file: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > MAX_CHAIN) {
    throw new GomodfsError("USAGE", `${file} holds ${blocks.length} certificates in PEM form`, {
      hint: `it begins with -----BEGIN CERTIFICATE-----, and holds at most ${MAX_CHAIN}`,
    });
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new GomodfsError("USAGE", `certificate ${index + 1} of ${file} cannot be read`, {
        cause,
      });
    }
  });
}

function parseKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    if (text.includes("ENCRYPTED")) {
      throw new GomodfsError("USAGE", `the private key in ${file} is encrypted`, {
        hint: "a server that starts by itself cannot ask for a passphrase: decrypt it with openssl pkey",
      });
    }
    throw new GomodfsError("USAGE", `${file} holds no private key in PEM form`, { cause });
  }
}

function checkValidity(certificate: X509Certificate, file: string, now: number, log: Logger): void {
  const { validFromDate, validToDate } = certificate;
  const subject = certificate.subject.replaceAll("\n", ", ") || "a certificate";
  if (now > validToDate.getTime()) {
    throw new GomodfsError("USAGE", `${subject} in ${file} expired on ${dayOf(validToDate)}`, {
      hint: "renew it, and reload the server",
    });
  }
  if (now < validFromDate.getTime()) {
    throw new GomodfsError(
      "USAGE",
      `${subject} in ${file} is not valid before ${dayOf(validFromDate)}`,
      {
        hint: "look at the clock of this machine",
      },
    );
  }
  if (validToDate.getTime() - now < EXPIRES_SOON) {
    log.warn("a certificate expires soon", { file, subject, on: dayOf(validToDate) });
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
