import { type ErrorCode, GomodfsError } from "../lib/gomodfs_error.ts";
import { JsonFields } from "./json_fields.ts";

/*
 * What gomodfs processes say to a daemon over its control socket: one JSON object a line, a request and its response,
 * in order. Each carries the number of the protocol, since a daemon may be older or newer than who asks.
 */

/** Changes when a message changes its meaning. New fields and new commands do not change it. */
export const CONTROL_PROTOCOL = 1;

/** The bound of a request line: go.sum files of the largest workspaces have a few MiB. */
export const MAX_REQUEST_BYTES = 64 << 20;

/** The bound of a response line. */
export const MAX_RESPONSE_BYTES = 4 << 20;

/** The text of a go.sum or go.work.sum file. */
export interface SumText {
  /** Where it is, for messages. */
  readonly path: string;
  readonly text: string;
}

/** Fetch all that go.sum files name. */
export interface PrefetchRequest {
  readonly command: "prefetch";
  readonly sums: readonly SumText[];
  /** What go.mod requires, in the order in which it is wanted; what go.sum has besides comes after. */
  readonly required: readonly { readonly path: string; readonly version: string }[];
}

/** What a daemon can be asked. */
export type ControlRequest =
  /** Whether it is there. */
  | { readonly command: "ping" }
  | { readonly command: "status" }
  /** Answered when all is fetched. */
  | PrefetchRequest
  /** End; answered before it ends. */
  | { readonly command: "stop" };

/** The answer to "ping". */
export interface DaemonGreeting {
  readonly pid: number;
  /** Of gomodfs. */
  readonly version: string;
}

/** The answer to "status". */
export interface DaemonStatus extends DaemonGreeting {
  /** ISO 8601. */
  readonly startedAt: string;
  /** The store's directory. */
  readonly store: string;
  readonly mountPoint?: string;
  /** Where HTTP is served. */
  readonly urls: readonly string[];
  /** What happened since it started. */
  readonly counts: {
    /** Look-ups on the mount that found what they asked for resident. */
    readonly hits: number;
    /** Those that had to be fetched. */
    readonly misses: number;
    /** Reads that the kernel had not cached, and the bytes of their answers. */
    readonly reads: number;
    readonly readBytes: number;
    /** Parts of modules (.info, .mod, zip) fetched, and fetches that failed. */
    readonly fetched: number;
    readonly failed: number;
  };
  /** Fetches that are under way, the oldest first: `M@V.info`. */
  readonly flights: readonly string[];
  readonly usage: {
    readonly modules: number;
    readonly zips: number;
    readonly storedBytes: number;
    readonly servedBytes: number;
  };
  /** The last fetches that failed, the newest last. */
  readonly failures: readonly {
    readonly what: string;
    /** ISO 8601. */
    readonly time: string;
    readonly code: string;
    readonly reason: string;
  }[];
  /** Origins that are not asked for a while, since they do not answer. */
  readonly circuits: readonly {
    readonly origin: string;
    readonly state: string;
    /** ISO 8601. */
    readonly since: string;
  }[];
  /** What checksum databases did that their operators have to explain. */
  readonly securityEvents: readonly {
    readonly database: string;
    /** ISO 8601. */
    readonly time: string;
    readonly kind: string;
    /** The file with the evidence; undefined if it could not be written. */
    readonly file?: string;
  }[];
}

/** The answer to "prefetch". */
export interface PrefetchResult {
  /** `.info`, `.mod` and zip files that are resident now. */
  readonly parts: number;
  readonly failed: number;
}

/** The answer to each command. */
export interface ControlResults {
  readonly ping: DaemonGreeting;
  readonly status: DaemonStatus;
  readonly prefetch: PrefetchResult;
  readonly stop: DaemonGreeting;
}

/** The line of a request, with its newline. */
export function encodeRequest(request: ControlRequest): string {
  return `${JSON.stringify({ protocol: CONTROL_PROTOCOL, ...request })}\n`;
}

/**
 * The request of a line.
 *
 * @throws GomodfsError `UNSUPPORTED` for another protocol or an unknown command, `PROTOCOL` for what is no request
 */
export function decodeRequest(line: string): ControlRequest {
  const fields = JsonFields.parse(line, "a control request");
  const protocol = fields.count("protocol");
  if (protocol !== CONTROL_PROTOCOL) throw protocolSkew("the asking gomodfs", protocol);
  const command = fields.string("command");
  switch (command) {
    case "ping":
    case "status":
    case "stop":
      return { command };
    case "prefetch": {
      const sums = fields.objects("sums");
      return {
        command,
        sums: sums.map((sum) => ({ path: sum.string("path"), text: sum.string("text") })),
        required: fields
          .objects("required")
          .map((module) => ({ path: module.string("path"), version: module.string("version") })),
      };
    }
    default:
      throw new GomodfsError("UNSUPPORTED", `the daemon does not know the command ${command}`, {
        hint: "stop the daemon and start it again with the version of gomodfs that asks",
      });
  }
}

/** The line of an answer, with its newline. */
export function encodeResult(result: ControlResults[keyof ControlResults]): string {
  return `${JSON.stringify({ protocol: CONTROL_PROTOCOL, ok: true, result })}\n`;
}

/** The line of a refusal, with its newline. */
export function encodeFailure({ code, message, hint }: GomodfsError): string {
  const error = { code, message, hint };
  return `${JSON.stringify({ protocol: CONTROL_PROTOCOL, ok: false, error })}\n`;
}

/**
 * The answer in a line.
 *
 * @throws GomodfsError the one that the daemon answered with, `UNSUPPORTED` for another protocol, `PROTOCOL` for what is
 * no answer
 */
export function decodeResult<Command extends keyof ControlResults>(
  command: Command,
  line: string,
): ControlResults[Command] {
  const fields = JsonFields.parse(line, "a control response");
  const protocol = fields.count("protocol");
  if (protocol !== CONTROL_PROTOCOL) throw protocolSkew("the daemon", protocol);
  if (!fields.boolean("ok")) throw decodeFailure(fields.object("error"));
  return RESULT_READERS[command](fields.object("result"));
}

const RESULT_READERS: {
  readonly [Command in keyof ControlResults]: (fields: JsonFields) => ControlResults[Command];
} = { ping: readGreeting, status: readStatus, prefetch: readPrefetchResult, stop: readGreeting };

function readGreeting(fields: JsonFields): DaemonGreeting {
  return { pid: fields.count("pid"), version: fields.string("version") };
}

function readStatus(fields: JsonFields): DaemonStatus {
  const usage = fields.object("usage");
  const counts = fields.object("counts");
  const mountPoint = fields.optionalString("mountPoint");
  return {
    ...readGreeting(fields),
    startedAt: fields.string("startedAt"),
    store: fields.string("store"),
    ...(mountPoint === undefined ? {} : { mountPoint }),
    counts: {
      hits: counts.count("hits"),
      misses: counts.count("misses"),
      reads: counts.count("reads"),
      readBytes: counts.count("readBytes"),
      fetched: counts.count("fetched"),
      failed: counts.count("failed"),
    },
    flights: fields.strings("flights"),
    usage: {
      modules: usage.count("modules"),
      zips: usage.count("zips"),
      storedBytes: usage.count("storedBytes"),
      servedBytes: usage.count("servedBytes"),
    },
    urls: fields.strings("urls"),
    circuits: fields.objects("circuits").map((circuit) => ({
      origin: circuit.string("origin"),
      state: circuit.string("state"),
      since: circuit.string("since"),
    })),
    securityEvents: fields.objects("securityEvents").map((event) => {
      const file = event.optionalString("file");
      return {
        database: event.string("database"),
        time: event.string("time"),
        kind: event.string("kind"),
        ...(file === undefined ? {} : { file }),
      };
    }),
    failures: fields.objects("failures").map((failure) => ({
      what: failure.string("what"),
      time: failure.string("time"),
      code: failure.string("code"),
      reason: failure.string("reason"),
    })),
  };
}

function readPrefetchResult(fields: JsonFields): PrefetchResult {
  return { parts: fields.count("parts"), failed: fields.count("failed") };
}

const ERROR_CODES: Readonly<Record<ErrorCode, true>> = {
  USAGE: true,
  INVALID: true,
  NOT_FOUND: true,
  UPSTREAM: true,
  TIMEOUT: true,
  SECURITY: true,
  UNVERIFIED: true,
  FORBIDDEN: true,
  TOO_LARGE: true,
  STORE: true,
  BUSY: true,
  UNSUPPORTED: true,
  CANCELLED: true,
  PROTOCOL: true,
};

function decodeFailure(fields: JsonFields): GomodfsError {
  const code = fields.string("code");
  const hint = fields.optionalString("hint");
  // A newer daemon may have more codes.
  const known = isErrorCode(code) ? code : "UNSUPPORTED";
  return new GomodfsError(known, fields.string("message"), hint === undefined ? {} : { hint });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

function protocolSkew(who: string, protocol: number): GomodfsError {
  return new GomodfsError(
    "UNSUPPORTED",
    `${who} speaks version ${protocol} of the control protocol, this one version ${CONTROL_PROTOCOL}`,
    { hint: "stop the daemon and start it again with this version of gomodfs" },
  );
}
