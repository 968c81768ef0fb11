import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { signCertificate } from "./x509/certificate.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  nameConstraints,
  serverAuthentication,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from "./x509/certificate_extension.ts";

/** A certificate (PEM) with its private key. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: KeyObject;
}

const DAY = 24 * 60 * 60_000;
const AUTHORITY_LIFETIME = 365 * DAY;
/** An authority with less than this left is renewed: what still trusts the old certificate has that long. */
const AUTHORITY_RENEWAL = 60 * DAY;
/** Nobody can revoke a leaf. */
const LEAF_LIFETIME = 2 * DAY;
/** For clients whose clock is behind. */
const BACKDATING = 60 * 60_000;

const AUTHORITY_NAME = "gomodfs reverse proxy";

/** Milliseconds for which a leaf is used; it stays valid for as long again. */
export const LEAF_USE = LEAF_LIFETIME / 2;

/**
 * A certificate of an authority that can sign for these hosts only.
 *
 * @param key the key of the certificate that is renewed: leaves then verify by the old one too. A new key unless given
 */
export function makeAuthority(
  hosts: readonly string[],
  now: Date,
  key: KeyObject = newKey(),
): KeyedCertificate {
  const publicKey = createPublicKey(key);
  const certificate = signCertificate(
    {
      subject: AUTHORITY_NAME,
      issuer: AUTHORITY_NAME,
      ...validity(now, AUTHORITY_LIFETIME),
      publicKey,
      extensions: [
        basicConstraints(true),
        keyUsage("certificate-sign"),
        serverAuthentication(),
        nameConstraints(hosts),
        subjectKeyIdentifier(publicKey),
      ],
    },
    key,
  );
  return { certificate, key };
}

/** Whether a certificate is one of {@linkcode makeAuthority} for just these hosts, with its key, and long enough to go. */
export function isCurrentAuthority(
  { certificate, key }: KeyedCertificate,
  hosts: readonly string[],
  now: Date,
): boolean {
  const x509 = new X509Certificate(certificate);
  const left = x509.validToDate.getTime() - now.getTime();
  // DER is canonical: the same constraints are the same bytes.
  const isForHosts = x509.raw.includes(nameConstraints(hosts));
  return isForHosts && left > AUTHORITY_RENEWAL && x509.checkPrivateKey(key);
}

/** A certificate for one of the authority's hosts. */
export function makeLeaf(authority: KeyedCertificate, host: string, now: Date): KeyedCertificate {
  const key = newKey();
  const publicKey = createPublicKey(key);
  const certificate = signCertificate(
    {
      // A common name has 64 characters at most (RFC 5280 appendix A.1), and nobody looks at it: the host is in the extension.
      subject: "gomodfs",
      issuer: AUTHORITY_NAME,
      ...validity(now, LEAF_LIFETIME),
      publicKey,
      extensions: [
        basicConstraints(false),
        keyUsage("digital-signature"),
        serverAuthentication(),
        subjectAlternativeName([host]),
        subjectKeyIdentifier(publicKey),
        authorityKeyIdentifier(createPublicKey(authority.key)),
      ],
    },
    authority.key,
  );
  return { certificate, key };
}

/** Key and certificate in one text, so that one file has both or neither. */
export function encodeKeyedCertificate({ certificate, key }: KeyedCertificate): string {
  return `${key.export({ type: "pkcs8", format: "pem" }).toString()}${certificate}`;
}

/** @returns undefined if the text is not what {@linkcode encodeKeyedCertificate} makes */
export function decodeKeyedCertificate(text: string): KeyedCertificate | undefined {
  const [certificate] =
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text) ?? [];
  if (certificate === undefined) return undefined;
  try {
    const key = createPrivateKey(text);
    const isOurs = key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    return isOurs && new X509Certificate(certificate).checkPrivateKey(key)
      ? { certificate, key }
      : undefined;
  } catch {
    return undefined;
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function validity(now: Date, lifetime: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - BACKDATING),
    notAfter: new Date(now.getTime() + lifetime),
  };
}
