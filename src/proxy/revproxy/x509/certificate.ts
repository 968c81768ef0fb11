import { type KeyObject, randomBytes, sign } from "node:crypto";
import type { CertificateExtension } from "./certificate_extension.ts";
import {
  type Der,
  derBitString,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derSetOfOne,
  derTagged,
  derTime,
  derUtf8String,
} from "./der.ts";

/** What a certificate says (RFC 5280 section 4.1.2). */
export interface CertificateContent {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Of the subject: EC on P-256. */
  readonly publicKey: KeyObject;
  readonly extensions: readonly CertificateExtension[];
}

/** ecdsa-with-SHA256 (RFC 5758 section 3.2) */
const SIGNATURE_ALGORITHM = derSequence(derObjectIdentifier("1.2.840.10045.4.3.2"));
/** id-at-commonName (RFC 5280 appendix A.1) */
const COMMON_NAME = "2.5.4.3";
/** v3 */
const VERSION = derTagged(0, derInteger(Buffer.of(2)));
/** At most 20 octets with the sign (RFC 5280 section 4.1.2.2), unpredictable. */
const SERIAL_BYTES = 16;

/**
 * A signed X.509 certificate (PEM). By hand, since Node reads certificates but makes none, and the packages that do weigh
 * megabytes or want a change of a global object.
 *
 * @param issuerKey the issuer's private key: EC on P-256
 */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const toBeSigned = derSequence(
    VERSION,
    derInteger(randomBytes(SERIAL_BYTES)),
    SIGNATURE_ALGORITHM,
    distinguishedName(content.issuer),
    derSequence(derTime(content.notBefore), derTime(content.notAfter)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: "spki", format: "der" }),
    derTagged(3, derSequence(...content.extensions)),
  );
  const signature = sign("sha256", toBeSigned, { key: issuerKey, dsaEncoding: "der" });
  return pem(derSequence(toBeSigned, SIGNATURE_ALGORITHM, derBitString(signature)));
}

function distinguishedName(commonName: string): Der {
  const attribute = derSequence(derObjectIdentifier(COMMON_NAME), derUtf8String(commonName));
  return derSequence(derSetOfOne(attribute));
}

/** RFC 7468 */
function pem(certificate: Der): string {
  const lines = certificate.toString("base64").replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}
