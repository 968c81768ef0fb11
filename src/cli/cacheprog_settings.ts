import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { type FlagKind, parseArguments, wrong } from "./cacheprog_arguments.ts";
import { FlagValues } from "./cacheprog_values.ts";

/** The commands of `gomodfs cacheprog`; "direct" is the one without a name. */
export type CacheprogCommand = "direct" | "serve" | "connect" | "gc" | "stats";

/** Where the S3 tier is. */
export interface BucketSettings {
  readonly bucket: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly pathStyle: boolean;
  readonly prefix: string;
  /** Bytes; smaller outputs are not uploaded. */
  readonly minUploadSize: number;
  /** Requests at a time; a default of the tier's own if undefined. */
  readonly concurrency: number | undefined;
  readonly uploadConcurrency: number | undefined;
  /** A build does not wait for its uploads. */
  readonly asyncUpload: boolean;
}

/** What `gomodfs cacheprog` is told by its flags and environment. */
export interface CacheprogSettings {
  readonly command: CacheprogCommand;
  readonly help: boolean;
  readonly version: boolean;
  /** The address of `connect`. */
  readonly address: string | undefined;
  /** Absolute. */
  readonly cacheDirectory: string;
  readonly bucket: BucketSettings | undefined;
  /** Milliseconds; undefined to keep what is not used. */
  readonly expiry: number | undefined;
  /** Bytes on the disk; undefined for no bound. */
  readonly maxSize: number | undefined;
  /** Bytes that a build may put that may not write. */
  readonly privateSize: number;
  readonly readOnly: boolean;
  readonly writers: readonly string[];
  readonly tokenFile: string | undefined;
  readonly token: string | undefined;
  /** Milliseconds that closing may take. */
  readonly closeTimeout: number;
  readonly metrics: boolean;
  readonly verbose: boolean;
  /** A bit mask as that of go-cache-plugin. */
  readonly debug: number;
  readonly plugin: string | undefined;
  /** Permission bits of a Unix socket. */
  readonly socketMode: number;
  readonly http: string | undefined;
  readonly modproxy: boolean;
  readonly revproxy: readonly string[];
  readonly sumdb: readonly string[];
  readonly json: boolean;
  readonly dryRun: boolean;
  /** Started by gomodfs itself: quiet. */
  readonly automatic: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const COMMON_FLAGS = {
  "cache-dir": "value",
  bucket: "value",
  region: "value",
  "s3-endpoint-url": "value",
  "s3-path-style": "switch",
  prefix: "value",
  "min-upload-size": "value",
  c: "value",
  u: "value",
  metrics: "switch",
  expiry: "value",
  v: "switch",
  debug: "value",
  "read-only": "switch",
  "async-upload": "switch",
  "close-timeout": "value",
  "max-size": "value",
  "private-size": "value",
  "token-file": "value",
  help: "switch",
  h: "switch",
  version: "switch",
} as const satisfies Record<string, FlagKind>;

const SERVE_FLAGS = {
  plugin: "value",
  http: "value",
  modproxy: "switch",
  revproxy: "value",
  sumdb: "value",
  "socket-mode": "value",
  "write-only-from": "value",
} as const satisfies Record<string, FlagKind>;

const MAINTENANCE_FLAGS = {
  json: "switch",
  "dry-run": "switch",
  automatic: "switch",
} as const satisfies Record<string, FlagKind>;

const ALL_FLAGS = { ...COMMON_FLAGS, ...SERVE_FLAGS, ...MAINTENANCE_FLAGS };

/** Flags beside the common ones. */
const OWN_FLAGS: Readonly<Record<CacheprogCommand, readonly string[]>> = {
  direct: [],
  serve: Object.keys(SERVE_FLAGS),
  connect: [],
  gc: ["json", "dry-run", "automatic"],
  stats: ["json"],
};

const DEFAULT_MAX_SIZE = 10 * 2 ** 30;
const DEFAULT_PRIVATE_SIZE = 5 * 2 ** 30;
/** What people bear to wait for at the end of a build, about. */
const DEFAULT_CLOSE_TIMEOUT = 30_000;
const DEFAULT_SOCKET_MODE = 0o600;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Reads the arguments behind `gomodfs cacheprog`. The flags and variables of go-cache-plugin have its names and meaning.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseSettings(
  args: readonly string[],
  environment: Environment,
): CacheprogSettings {
  const { flags, operands } = parseArguments(args, ALL_FLAGS);
  const [first = "direct", ...rest] = operands;
  const help = first === "help" || flags.has("help") || flags.has("h");
  const version = first === "version" || flags.has("version");
  const command = parseCommand(help || version ? helpTopic(first, rest) : first);
  if (!help && !version) checkUse(command, flags, rest);
  const values = new FlagValues({ flags, environment });
  return {
    command,
    help,
    version,
    address: command === "connect" ? rest[0] : undefined,
    cacheDirectory: cacheDirectory(values.text("cache-dir", "GOCACHE_DIR"), environment),
    bucket: bucketSettings(values),
    expiry: values.duration("expiry", "GOCACHE_EXPIRY") || undefined,
    maxSize: (values.bytes("max-size", "GOMODFS_CACHE_MAX_SIZE") ?? DEFAULT_MAX_SIZE) || undefined,
    privateSize: values.bytes("private-size") ?? DEFAULT_PRIVATE_SIZE,
    readOnly: values.boolean("read-only", "GOMODFS_CACHE_READ_ONLY"),
    writers: values.list("write-only-from"),
    tokenFile: values.text("token-file", "GOMODFS_CACHE_TOKEN_FILE"),
    token: environment["GOMODFS_CACHE_TOKEN"] || undefined,
    closeTimeout: Math.min(
      values.duration("close-timeout") ?? DEFAULT_CLOSE_TIMEOUT,
      LONGEST_TIMER,
    ),
    metrics: values.boolean("metrics", "GOCACHE_METRICS"),
    verbose: values.boolean("v", "GOCACHE_VERBOSE"),
    debug: values.count("debug", "GOCACHE_DEBUG") ?? 0,
    ...serveSettings(values),
    json: values.boolean("json"),
    dryRun: values.boolean("dry-run"),
    automatic: values.boolean("automatic"),
  };
}

function serveSettings(
  values: FlagValues,
): Pick<CacheprogSettings, "plugin" | "socketMode" | "http" | "modproxy" | "revproxy" | "sumdb"> {
  const mode = values.text("socket-mode");
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode)) {
    throw wrong("--socket-mode wants permission bits such as 0660");
  }
  return {
    plugin: values.text("plugin", "GOCACHE_PLUGIN"),
    socketMode: mode === undefined ? DEFAULT_SOCKET_MODE : Number.parseInt(mode, 8),
    http: values.text("http", "GOCACHE_HTTP"),
    modproxy: values.boolean("modproxy", "GOCACHE_MODPROXY"),
    revproxy: values.list("revproxy", "GOCACHE_REVPROXY"),
    sumdb: values.list("sumdb", "GOCACHE_SUMDB"),
  };
}

function bucketSettings(values: FlagValues): BucketSettings | undefined {
  const bucket = values.text("bucket", "GOCACHE_S3_BUCKET");
  const settings = {
    region: values.text("region", "GOCACHE_S3_REGION"),
    endpoint: values.text("s3-endpoint-url", "GOCACHE_S3_ENDPOINT_URL"),
    pathStyle: values.boolean("s3-path-style", "GOCACHE_S3_PATH_STYLE"),
    prefix: values.text("prefix", "GOCACHE_KEY_PREFIX") ?? "",
    minUploadSize: values.count("min-upload-size", "GOCACHE_MIN_SIZE") ?? 0,
    concurrency: values.count("c", "GOCACHE_CONCURRENCY") || undefined,
    uploadConcurrency: values.count("u", "GOCACHE_S3_CONCURRENCY") || undefined,
    asyncUpload: values.boolean("async-upload"),
  };
  return bucket === undefined ? undefined : { bucket, ...settings };
}

/** `help serve` and `serve --help` are the same. */
function helpTopic(first: string, [second = "direct"]: readonly string[]): string {
  return first === "help" || first === "version" ? second : first;
}

function parseCommand(text: string): CacheprogCommand {
  switch (text) {
    case "direct":
    case "serve":
    case "connect":
    case "gc":
    case "stats":
      return text;
    default:
      throw wrong(`there is no command ${JSON.stringify(text.slice(0, 40))}`);
  }
}

function checkUse(
  command: CacheprogCommand,
  flags: ReadonlyMap<string, string>,
  operands: readonly string[],
): void {
  for (const name of flags.keys()) {
    if (Object.hasOwn(COMMON_FLAGS, name) || OWN_FLAGS[command].includes(name)) continue;
    throw wrong(`${command} has no flag --${name}`);
  }
  const expected = command === "connect" ? 1 : 0;
  if (operands.length < expected) throw wrong("connect wants the address of a server");
  if (operands.length > expected) {
    throw wrong(`${JSON.stringify(operands[expected]?.slice(0, 40))} is one argument too many`);
  }
}

function cacheDirectory(given: string | undefined, environment: Environment): string {
  if (given !== undefined) return resolve(given);
  // A relative one is to be ignored (XDG Base Directory Specification).
  const cache = environment["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(cache) ? cache : join(homedir(), ".cache"), "gomodfs/build");
}
