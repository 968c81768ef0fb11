import { createHash, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import {
  type Der,
  derBitString,
  derBoolean,
  derImplicit,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derTagged,
} from "./der.ts";

/** An `Extension` of RFC 5280 section 4.1. */
export type CertificateExtension = Der;

/** Context-specific tags of GeneralName (RFC 5280 section 4.2.1.6). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** The bits of KeyUsage (section 4.2.1.3), with the number of those behind them in their byte. */
const DIGITAL_SIGNATURE = { bits: 0x80, unused: 7 };
const CERTIFICATE_SIGN = { bits: 0x04, unused: 2 };

/** id-kp-serverAuth (section 4.2.1.12) */
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

/** Whether the certificate may sign others; if so, none that may do so in turn. */
export function basicConstraints(isAuthority: boolean): CertificateExtension {
  const content = isAuthority
    ? derSequence(derBoolean(true), derInteger(Buffer.of(0)))
    : derSequence();
  return extension("2.5.29.19", "critical", content);
}

export function keyUsage(use: "certificate-sign" | "digital-signature"): CertificateExtension {
  const { bits, unused } = use === "certificate-sign" ? CERTIFICATE_SIGN : DIGITAL_SIGNATURE;
  return extension("2.5.29.15", "critical", derBitString(Buffer.of(bits), unused));
}

/** For servers only; in an authority's certificate this holds for what it signs too (Go, OpenSSL, NSS). */
export function serverAuthentication(): CertificateExtension {
  const content = derSequence(derObjectIdentifier(SERVER_AUTHENTICATION));
  return extension("2.5.29.37", "optional", content);
}

/** @param hosts DNS names and addresses */
export function subjectAlternativeName(hosts: readonly string[]): CertificateExtension {
  return extension("2.5.29.17", "optional", derSequence(...hosts.map(generalName)));
}

export function subjectKeyIdentifier(key: KeyObject): CertificateExtension {
  return extension("2.5.29.14", "optional", derOctetString(keyIdentifier(key)));
}

export function authorityKeyIdentifier(key: KeyObject): CertificateExtension {
  const content = derSequence(derImplicit(0, keyIdentifier(key)));
  return extension("2.5.29.35", "optional", content);
}

/**
 * Limits what an authority's certificates can be for (RFC 5280 section 4.2.1.10): these hosts, and the subdomains of
 * names. A kind of name without any permitted host is excluded altogether, since constraints hold for each kind by itself.
 */
export function nameConstraints(hosts: readonly string[]): CertificateExtension {
  const names = hosts.filter((host) => isIP(host) === 0);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  const permitted = [
    ...names.map((name) => derImplicit(DNS_NAME, Buffer.from(name))),
    ...addresses.map((address) => addressRange(addressBytes(address), 0xff)),
  ];
  const excluded = [
    ...(names.length === 0 ? [derImplicit(DNS_NAME, Buffer.alloc(0))] : []),
    ...(addresses.length === 0
      ? [addressRange(Buffer.alloc(4), 0), addressRange(Buffer.alloc(16), 0)]
      : []),
  ];
  const content = derSequence(...subtrees(0, permitted), ...subtrees(1, excluded));
  return extension("2.5.29.30", "critical", content);
}

function subtrees(tag: number, bases: readonly Der[]): Der[] {
  return bases.length === 0 ? [] : [derTagged(tag, ...bases.map((base) => derSequence(base)))];
}

function addressRange(address: Uint8Array, maskByte: number): Der {
  return derImplicit(IP_ADDRESS, Buffer.concat([address, Buffer.alloc(address.length, maskByte)]));
}

function generalName(host: string): Der {
  return isIP(host) === 0
    ? derImplicit(DNS_NAME, Buffer.from(host))
    : derImplicit(IP_ADDRESS, addressBytes(host));
}

function extension(id: string, importance: "critical" | "optional", content: Der): Der {
  const critical = importance === "critical" ? [derBoolean(true)] : [];
  return derSequence(derObjectIdentifier(id), ...critical, derOctetString(content));
}

/** The SHA-1 of the public key's bits (RFC 5280 section 4.2.1.2, method 1): a name, not a proof. */
function keyIdentifier(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = [Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return createHash("sha1").update(Buffer.concat(point)).digest();
}

function addressBytes(address: string): Buffer {
  return isIP(address) === 4
    ? Buffer.from(address.split(".").map(Number))
    : Buffer.from(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff]));
}

/** @param address as `isIP` accepts it, in any of its spellings */
function ipv6Groups(address: string): number[] {
  // URL writes the one canonical spelling (RFC 5952, without a dotted quad).
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return parse(head);
  const [before, after] = [parse(head), parse(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}
