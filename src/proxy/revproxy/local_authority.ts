import { X509Certificate } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { certificateAuthorities } from "../../lib/certificate_authorities.ts";
import { flock, LOCK_EX } from "../../lib/flock.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { makeDirectory } from "../../lib/make_directory.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import type { Environment } from "../../upstream/go_installation.ts";
import {
  decodeKeyedCertificate,
  encodeKeyedCertificate,
  isCurrentAuthority,
  type KeyedCertificate,
  LEAF_USE,
  makeAuthority,
  makeLeaf,
} from "./authority_certificate.ts";

/** What a {@linkcode LocalAuthority} is made of. */
export interface LocalAuthorityOptions {
  /** Where key and certificates are kept; it is made if it is missing. */
  readonly directory: string;
  /** DNS names and addresses: the only ones that it can sign for. */
  readonly hosts: readonly string[];
  /** For SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS: the authorities in the bundle besides our own. */
  readonly env: Environment;
  /** Milliseconds since 1970; Date.now unless given. */
  readonly clock?: () => number;
}

const LOCK_FILE = ".lock";
/** The private key, readable for its owner only, and the certificate. */
const KEY_FILE = "authority.pem";
const CERTIFICATE_FILE = "authority.crt";
const BUNDLE_FILE = "ca-certificates.crt";

/** An authority as some KB, so more than any list of hosts needs. */
const MAX_KEY_FILE = 64 * 1024;
const MAX_LEAVES = 1_000;

/**
 * A certificate authority of this machine: made once, kept in a directory, renewed with the same key before it ends. Its
 * certificate is constrained to the hosts listed, so that whoever trusts it trusts it for these and no others.
 */
export class LocalAuthority {
  /** File with the certificate (PEM) by itself, for clients that add to what they trust: NODE_EXTRA_CA_CERTS. */
  readonly certificateFile: string;
  /** File with the system's certificates and this one, for clients that replace what they trust: SSL_CERT_FILE. */
  readonly bundleFile: string;
  readonly #options: Required<LocalAuthorityOptions>;
  readonly #leaves: LRUCache<string, SecureContext>;
  #authority: KeyedCertificate;
  #renewal: Promise<void> | undefined;

  private constructor(options: Required<LocalAuthorityOptions>, authority: KeyedCertificate) {
    this.#options = options;
    this.#authority = authority;
    this.certificateFile = join(options.directory, CERTIFICATE_FILE);
    this.bundleFile = join(options.directory, BUNDLE_FILE);
    this.#leaves = new LRUCache({
      max: MAX_LEAVES,
      ttl: LEAF_USE,
      ttlResolution: 0,
      perf: { now: options.clock },
    });
  }

  /**
   * Reads the authority of a directory, or makes it. Several processes may do so at once.
   *
   * @throws GomodfsError `STORE` if the directory cannot be used
   */
  static async open(options: LocalAuthorityOptions): Promise<LocalAuthority> {
    const complete = { clock: Date.now, ...options };
    return new LocalAuthority(complete, await takeAuthority(complete));
  }

  /** What a TLS server needs to be `host`, which must be one of the hosts listed. The chain is the leaf alone. */
  async secureContext(host: string): Promise<SecureContext> {
    await this.#renew();
    let context = this.#leaves.get(host);
    if (context === undefined) {
      const { certificate, key } = makeLeaf(this.#authority, host, this.#now());
      context = createSecureContext({
        cert: certificate,
        key: key.export({ type: "pkcs8", format: "pem" }),
        minVersion: "TLSv1.2",
      });
      this.#leaves.set(host, context);
    }
    return context;
  }

  async #renew(): Promise<void> {
    if (isCurrentAuthority(this.#authority, this.#options.hosts, this.#now())) return;
    this.#renewal ??= takeAuthority(this.#options)
      .then((authority) => {
        this.#authority = authority;
        this.#leaves.clear();
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    await this.#renewal;
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }
}

async function takeAuthority(options: Required<LocalAuthorityOptions>): Promise<KeyedCertificate> {
  const { directory } = options;
  try {
    await makeDirectory(directory);
    await using lock = await open(join(directory, LOCK_FILE), "a", 0o600);
    await flock(lock.fd, LOCK_EX);
    return await takeLocked(options);
  } catch (cause) {
    throw new GomodfsError(
      "STORE",
      `cannot keep the reverse proxy's certificate authority in ${directory}`,
      { hint: "see that it is a directory that you may write to", cause },
    );
  }
}

async function takeLocked({
  directory,
  hosts,
  env,
  clock,
}: Required<LocalAuthorityOptions>): Promise<KeyedCertificate> {
  const now = new Date(clock());
  const keyFile = join(directory, KEY_FILE);
  const kept = await readAuthority(keyFile);
  const isCurrent = kept !== undefined && isCurrentAuthority(kept, hosts, now);
  const authority = isCurrent ? kept : makeAuthority(hosts, now, kept?.key);
  const { certificate } = authority;
  if (!isCurrent) {
    const content = encodeKeyedCertificate(authority);
    await replaceFile(keyFile, content, { mode: 0o600, durable: true });
  }
  await replaceFile(join(directory, CERTIFICATE_FILE), certificate);
  const bundle = bundleOf(certificate, certificateAuthorities(env));
  await replaceFile(join(directory, BUNDLE_FILE), bundle);
  return authority;
}

/** Without our own of earlier days, which is among the others when this process itself was told to trust the bundle. */
function bundleOf(own: string, others: readonly string[]): string {
  const { subject } = new X509Certificate(own);
  const foreign = others.filter((pem) => new X509Certificate(pem).subject !== subject);
  return [own, ...foreign].join("");
}

async function readAuthority(file: string): Promise<KeyedCertificate | undefined> {
  let content: string;
  try {
    content = await readFile(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return content.length > MAX_KEY_FILE ? undefined : decodeKeyedCertificate(content);
}
