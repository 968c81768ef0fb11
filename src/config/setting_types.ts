import { isAbsolute } from "node:path";
import * as z from "zod";
import { checkTrustedProxy } from "../http/access/client_address.ts";
import { checkModulePattern } from "../http/access/credential.ts";
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from "../http/access/listen_address.ts";
import { AddressList } from "../lib/address_list.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { ListedHosts } from "../proxy/revproxy/listed_hosts.ts";
import { parseChecksumDatabase } from "../sumdb/known_keys.ts";
import { parseProxyList } from "../upstream/proxy_list.ts";
import { formatByteSize, parseByteSize } from "./byte_size.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** Where whatever the schema finds wrong is put. */
interface IssueContext {
  readonly issues: z.core.$ZodRawIssue[];
}

/** A string that is read as something else, such as `10s`; it can be written as a string again. */
function textOf<T>(parse: (text: string) => T, format: (value: T) => string) {
  return z.codec(z.string(), z.custom<T>(), {
    decode: (text, context) => attempt(() => parse(text), text, context) ?? z.NEVER,
    encode: format,
  });
}

/** A string that stays one, and of which something is demanded. */
function checkedText(check: (text: string) => void) {
  return z.string().check((context) => {
    attempt(() => check(context.value), context.value, context);
  });
}

/** What was computed; undefined, with an issue, where it threw a GomodfsError. */
function attempt<T>(compute: () => T, input: unknown, context: IssueContext, path: number[] = []) {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof GomodfsError)) throw error;
    const hint = error.hint === undefined ? "" : `; ${error.hint}`;
    context.issues.push({ code: "custom", message: `${error.message}${hint}`, input, path });
    return undefined;
  }
}

/** Milliseconds, written as `10s`. */
export const duration = () => textOf(parseDuration, formatDuration);

/** Bytes, written as `32MiB`. */
export const byteSize = () => textOf(parseByteSize, formatByteSize);

/** A whole number from 1. */
export const count = (maximum: number) => z.int().min(1).max(maximum);

/** An absolute path: a relative one would depend on where the program was started. */
export const absolutePath = () => checkedText(requireAbsolute);

/** The name of a store: an absolute path, or `dir:` and one. */
export const storeName = () => checkedText((text) => requireAbsolute(text.replace(/^dir:/, "")));

/** A GOPROXY list. */
export const proxyList = () => checkedText((text) => void parseProxyList(text, ""));

/** Globs of module paths. */
export const modulePatterns = () => z.array(checkedText(checkModulePattern)).max(1_000);

/** Addresses and networks of reverse proxies in front. */
export const trustedProxies = () => z.array(checkedText(checkTrustedProxy)).max(1_000);

/** Addresses and networks of clients. */
export const clientAddresses = () =>
  z.array(checkedText((text) => void new AddressList([text]))).max(1_000);

/** Hosts of the reverse proxy. */
export const reverseProxyHosts = () =>
  z.array(checkedText((text) => void ListedHosts.parse([text]))).max(1_000);

/** Checksum databases as GOSUMDB spells one. */
export const databaseNames = () => z.array(checkedText(checkDatabase)).max(100);

/** One address or several to listen on. */
export function listenAddresses() {
  // Elements are looked at one by one, so that a wrong one does not hide what is wrong with the others.
  return z.codec(
    z.union([z.string(), z.array(z.unknown()).max(64)]),
    z.array(z.custom<ListenAddress>()),
    {
      decode: (value, context) => {
        if (typeof value === "string") {
          const address = attempt(() => parseListenAddress(value), value, context);
          return address === undefined ? z.NEVER : [address];
        }
        return value.flatMap(
          (element, index) =>
            attempt(() => parseListenElement(element), element, context, [index]) ?? [],
        );
      },
      encode: (addresses) => addresses.map(formatListenAddress),
    },
  );
}

function parseListenElement(element: unknown): ListenAddress {
  if (typeof element === "string") return parseListenAddress(element);
  throw new GomodfsError("USAGE", "must be a string");
}

/** Whether something is served beside the rest, or the address of its own that it is served at. */
export function switchOrListenAddress() {
  return z.codec(
    z.union([z.boolean(), z.string()]),
    z.union([z.boolean(), z.custom<ListenAddress>((value) => typeof value === "object")]),
    {
      decode: (value, context) => {
        if (typeof value === "boolean") return value;
        return attempt(() => parseListenAddress(value), value, context) ?? z.NEVER;
      },
      encode: (value) => (typeof value === "boolean" ? value : formatListenAddress(value)),
    },
  );
}

function requireAbsolute(text: string): void {
  if (isAbsolute(text) && !text.includes("\0")) return;
  throw new GomodfsError("USAGE", `${JSON.stringify(text.slice(0, 200))} is no absolute path`);
}

function checkDatabase(text: string): void {
  if (parseChecksumDatabase(text).kind === "database") return;
  throw new GomodfsError("USAGE", `${JSON.stringify(text)} is no checksum database`, {
    hint: "write NAME+HASH+KEY, as its operator gives it",
  });
}
