import * as z from "zod";
import { DEFAULT_HTTP_LIMITS } from "../http/http_limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../lib/logger.ts";
import {
  absolutePath,
  byteSize,
  clientAddresses,
  count,
  databaseNames,
  duration,
  listenAddresses,
  modulePatterns,
  proxyList,
  reverseProxyHosts,
  storeName,
  switchOrListenAddress,
  trustedProxies,
} from "./setting_types.ts";

/** What is known of a setting besides its value. */
export interface SettingDescription {
  /** What may be written, as it follows "must be". */
  readonly syntax: string;
  /** What it means, for people: one sentence without a period. */
  readonly text: string;
  /** What holds where it has neither a value nor a default. */
  readonly unset?: string;
  /** The flag of `gomodfs serve` that means the same. */
  readonly flag?: string;
  /** That it is a path, or a store's name with one: a flag may give a relative one. */
  readonly isPath?: true;
}

/** The descriptions of all settings. What is not in here is a section. */
export const settingDescriptions = z.registry<SettingDescription>();

function setting<T extends z.ZodType>(type: T, description: SettingDescription): T {
  settingDescriptions.add(type, description);
  return type;
}

const STRING = "a string";
const STRINGS = "an array of strings";
const PATH = "an absolute path";
const SWITCH = "true or false";
const SIZE = 'a size such as "32MiB"';
const DURATION = 'a duration such as "10s"';
const ADDRESSES = 'an address such as "127.0.0.1:8080", or an array of them';
const NUMBER = "a whole number from 1";
const ONE_OF = (names: readonly string[]): string =>
  `one of ${names.map((name) => `"${name}"`).join(", ")}`;

const log = z.strictObject({
  level: setting(z.enum(LOG_LEVELS).default("info"), {
    syntax: ONE_OF(LOG_LEVELS),
    text: "How much is said on standard error",
    flag: "--log-level",
  }),
  format: setting(z.enum(LOG_FORMATS).default("text"), {
    syntax: ONE_OF(LOG_FORMATS),
    text: "How it is said: for people, or one JSON object a line",
    flag: "--log-format",
  }),
});

const mount = z.strictObject({
  directory: setting(absolutePath().optional(), {
    syntax: PATH,
    isPath: true,
    text: "Where the virtual GOMODCACHE is mounted",
    unset: "nothing is mounted",
    flag: "--mount",
  }),
  allow_other: setting(z.boolean().default(false), {
    syntax: SWITCH,
    text: "Whether other users of the machine may read the mount",
    flag: "--allow-other",
  }),
});

const tls = z.strictObject({
  certificate: setting(absolutePath(), {
    syntax: PATH,
    isPath: true,
    text: "PEM file of the server's certificate, with those of the authorities between behind it; read again on reload",
    unset: "HTTP is not encrypted",
    flag: "--tls-certificate",
  }),
  key: setting(absolutePath(), {
    syntax: PATH,
    isPath: true,
    text: "PEM file of the certificate's private key",
    unset: "HTTP is not encrypted",
    flag: "--tls-key",
  }),
});

const rateLimit = z.strictObject({
  requests_per_second: setting(count(1_000_000), {
    syntax: NUMBER,
    text: "Requests of one client in the long run: by its name, or else by its IPv4 address or its IPv6 /64 network",
    unset: "requests are not limited",
  }),
  burst: setting(count(1_000_000), {
    syntax: NUMBER,
    text: "Requests that a client may make at once after a pause",
    unset: "requests are not limited",
  }),
});

const http = z.strictObject({
  listen: setting(listenAddresses().default([]), {
    syntax: ADDRESSES,
    text: "Where HTTP is served: `HOST:PORT`, `:PORT`, `[::1]:PORT`, `unix:/PATH`, `fd:NAME` or `systemd`",
    flag: "--http",
  }),
  credentials: setting(absolutePath().optional(), {
    syntax: PATH,
    isPath: true,
    text: "File with the hashes of tokens and passwords that `gomodfs credential` makes; read again on reload",
    unset: "nobody is asked who they are",
    flag: "--credentials",
  }),
  private: setting(modulePatterns().default([]), {
    syntax: STRINGS,
    text: "Globs of module paths, as GOPRIVATE's: modules for those clients only whose own patterns match",
  }),
  allow_anonymous: setting(z.boolean().default(false), {
    syntax: SWITCH,
    text: "Whether clients without credentials are let in where other machines can reach the server",
    flag: "--allow-anonymous",
  }),
  allow_plain_http: setting(z.boolean().default(false), {
    syntax: SWITCH,
    text: "Whether passwords may be sent in the clear where other machines can reach the server",
    flag: "--allow-plain-http",
  }),
  trusted_proxies: setting(trustedProxies().default([]), {
    syntax: STRINGS,
    text: "Addresses, networks (`10.0.0.0/8`) and `unix`, whose X-Forwarded-For is believed",
  }),
  metrics: setting(switchOrListenAddress().default(true), {
    syntax: 'true, false, or an address such as "127.0.0.1:9090"',
    text: "Whether `/metrics` is served, or the address of its own that it is served at",
  }),
  access_log: setting(z.boolean().default(true), {
    syntax: SWITCH,
    text: "Whether each request is logged",
  }),
  tls: tls.optional(),
  rate_limit: rateLimit.optional(),
});

const webdav = z.strictObject({
  listen: setting(listenAddresses().default([]), {
    syntax: ADDRESSES,
    text: "Where the GOMODCACHE is served over WebDAV, to those that `http` lets in",
    flag: "--webdav",
  }),
});

const nfs = z.strictObject({
  listen: setting(listenAddresses().default([]), {
    syntax: ADDRESSES,
    text: "Where the GOMODCACHE is exported over NFS version 3",
    flag: "--nfs",
  }),
  clients: setting(clientAddresses().optional(), {
    syntax: STRINGS,
    text: "Addresses and networks (`10.0.0.0/8`) of clients that may connect: NFS asks for no credentials",
    unset: "all where only this machine can connect; other addresses are refused without it",
    flag: "--nfs-clients",
  }),
  modules: setting(modulePatterns().optional(), {
    syntax: STRINGS,
    text: "Globs of module paths that are exported",
    unset: "all that `http.private` does not match",
  }),
});

const sumdb = z.strictObject({
  databases: setting(databaseNames().optional(), {
    syntax: STRINGS,
    text: "Checksum databases that are served below `/sumdb/` besides that of GOSUMDB, each as GOSUMDB spells one: `NAME+HASH+KEY`, and a URL if it is not at its name",
    unset: "no others",
  }),
});

const reverseProxy = z.strictObject({
  hosts: setting(reverseProxyHosts().default([]), {
    syntax: STRINGS,
    text: "Hosts that the reverse proxy answers for: `HOST`, `HOST:PORT`, with `,immutable` behind it if its answers never change",
    flag: "--reverse-proxy",
  }),
  directory: setting(absolutePath().optional(), {
    syntax: PATH,
    isPath: true,
    text: "Where its answers and its certificate authority are kept",
    unset: "in the store's directory",
  }),
  max_size: setting(byteSize().default(1 << 30), {
    syntax: SIZE,
    text: "Bytes of answers that are kept",
  }),
});

const limits = z.strictObject({
  max_connections: setting(count(1_000_000).default(DEFAULT_HTTP_LIMITS.connections), {
    syntax: NUMBER,
    text: "Connections at one time",
  }),
  max_requests: setting(count(1_000_000).default(DEFAULT_HTTP_LIMITS.requests), {
    syntax: NUMBER,
    text: "Requests that are answered at one time",
  }),
  max_zip_memory: setting(byteSize().default(32 << 20), {
    syntax: SIZE,
    text: "Memory for zips on their way into the store; beyond it they wait in files",
  }),
  header_timeout: setting(duration().default(DEFAULT_HTTP_LIMITS.headTime), {
    syntax: DURATION,
    text: "Time for the head of a request to arrive",
  }),
  idle_timeout: setting(duration().default(DEFAULT_HTTP_LIMITS.idleTime), {
    syntax: DURATION,
    text: "Time that a connection without a request is kept",
  }),
  stall_timeout: setting(duration().default(DEFAULT_HTTP_LIMITS.stallTime), {
    syntax: DURATION,
    text: "Time that a client may let the server wait",
  }),
  shutdown_timeout: setting(duration().default(30_000), {
    syntax: DURATION,
    text: "Time for answers under way to finish when the server stops",
  }),
});

const versionControl = z.strictObject({
  timeout: setting(duration().default(10 * 60_000), {
    syntax: DURATION,
    text: "Time for one command of a version control system",
  }),
  max_repository_size: setting(byteSize().default(4 * 2 ** 30), {
    syntax: SIZE,
    text: "Bytes of one repository",
  }),
  max_total_size: setting(byteSize().default(8 * 2 ** 30), {
    syntax: SIZE,
    text: "Bytes of all repositories that are kept between requests",
  }),
});

/** All that gomodfs.toml may say. Sections without which nothing holds have their defaults where they are left out. */
export const configurationSchema = z.strictObject({
  store: setting(storeName().optional(), {
    syntax: STRING,
    isPath: true,
    text: "The store's directory, or `dir:` and the path of a GOMODCACHE",
    unset: "$XDG_CACHE_HOME/gomodfs",
    flag: "--store",
  }),
  proxy: setting(proxyList().optional(), {
    syntax: STRING,
    text: "Where modules come from, as GOPROXY",
    unset: "what the go command uses",
    flag: "--proxy",
  }),
  log: log.prefault({}),
  mount: mount.prefault({}),
  http: http.prefault({}),
  webdav: webdav.prefault({}),
  nfs: nfs.prefault({}),
  sumdb: sumdb.prefault({}),
  reverse_proxy: reverseProxy.prefault({}),
  limits: limits.prefault({}),
  version_control: versionControl.prefault({}),
});

/** The settings of a server: durations in milliseconds, sizes in bytes, addresses parsed. */
export type Configuration = DeepReadonly<z.output<typeof configurationSchema>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
