import { constants } from "node:os";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { AttributesEncoder, type Ownership } from "./attributes_encoder.ts";
import { DirectoryListings, isListable, positionOf } from "./directory_listings.ts";
import type { Failure, FileSystem, Pending } from "./file_system.ts";
import { fixedErrno } from "./fixed_answers.ts";
import { ListingEncoder } from "./listing_encoder.ts";
import { encodeInit, type Negotiated, negotiate } from "./negotiation.ts";
import { PendingRequests, type WaitingRequest } from "./pending_requests.ts";
import {
  InitFlag,
  MAJOR_VERSION,
  OLDEST_MINOR_VERSION,
  Opcode,
  OpenFlag,
  Size,
} from "./protocol.ts";
import { ReplyWriter } from "./reply_writer.ts";
import {
  type DecodedHeader,
  decodeRequest,
  type FuseRequest,
  type InitRequest,
  type LookupRequest,
  type OtherRequest,
  type ReadRequest,
  type Unique,
} from "./request.ts";
import { encodeStatfs } from "./statfs.ts";

const { EAGAIN, EINTR, EIO, ENOENT, ENOSYS, ENOTCONN, EOVERFLOW, EPROTO } = constants.errno;

/** Where replies go: the device. */
export interface ReplySink {
  /** Sends the first `reply.length` bytes of `reply.buffer`, and right behind them `body`. */
  send(reply: ReplyWriter, body?: Uint8Array): void;
}

/** What a {@linkcode RequestHandler} needs to know. */
export interface RequestHandlerOptions {
  readonly ownership: Ownership;
  /** Is told what `FileSystem` throws and which requests make no sense; the asker gets EIO. */
  readonly onError: (error: unknown) => void;
  /** Requests that may wait at a time; more are refused with EAGAIN. */
  readonly pendingLimit?: number;
}

/** What became of a request: no reply (yet), a reply in the writer, or one with these bytes behind it. */
type Outcome = "none" | "reply" | Uint8Array;

/** Whether a request is new or has waited. */
type Turn = "first" | "again";

const DEFAULT_PENDING_LIMIT = 16_384;
/** Room for rows of directories and for small files, which are cheaper to copy than to send from two buffers. */
const REPLY_CAPACITY = 64 * 1024;

/** Answers the kernel's requests from a {@linkcode FileSystem}. It does no input or output of its own. */
export class RequestHandler {
  readonly #fileSystem: FileSystem;
  readonly #sink: ReplySink;
  readonly #onError: (error: unknown) => void;
  readonly #writer = new ReplyWriter(REPLY_CAPACITY);
  readonly #attributes: AttributesEncoder;
  readonly #listingEncoder: ListingEncoder;
  readonly #listings: DirectoryListings;
  readonly #pending: PendingRequests;
  #negotiated: Negotiated | undefined;

  constructor(fileSystem: FileSystem, sink: ReplySink, options: RequestHandlerOptions) {
    this.#fileSystem = fileSystem;
    this.#sink = sink;
    this.#onError = options.onError;
    this.#attributes = new AttributesEncoder(options.ownership);
    this.#listingEncoder = new ListingEncoder(this.#attributes);
    this.#listings = new DirectoryListings(fileSystem);
    this.#pending = new PendingRequests(options.pendingLimit ?? DEFAULT_PENDING_LIMIT);
  }

  /** What INIT settled, once it has been answered. */
  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  /** Requests that wait for a ticket. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Answers one request, whose header is `header`, or lets it wait. */
  handle(header: DecodedHeader, bytes: Buffer): void {
    this.#answer(header.unique, () => this.#dispatch(decodeRequest(header, bytes), "first"));
  }

  /** Answers what waits for `ticket`: with `failure`, or by asking the file system again. */
  settle(ticket: number, failure: Failure | undefined): void {
    for (const request of this.#pending.take(ticket)) {
      this.#answer(request.unique, () =>
        failure === undefined ? this.#dispatch(request, "again") : this.#fail(request, failure),
      );
    }
  }

  /** Answers everything that waits with ENOTCONN, since nobody will serve the mount any more. */
  abandonPending(): void {
    for (const request of this.#pending.takeAll()) {
      this.#answer(request.unique, () => this.#error(request.unique, ENOTCONN));
    }
  }

  #answer(unique: Unique, attempt: () => Outcome): void {
    let outcome: Outcome;
    try {
      outcome = attempt();
    } catch (error) {
      this.#onError(error);
      outcome = this.#error(unique, EIO);
    }
    if (outcome === "none") return;
    if (outcome === "reply") this.#sink.send(this.#writer);
    else this.#sink.send(this.#writer, outcome);
  }

  #dispatch(request: FuseRequest, turn: Turn): Outcome {
    switch (request.opcode) {
      case Opcode.LOOKUP:
        return this.#lookup(request, turn);
      case Opcode.READ:
        return this.#read(request, turn);
      case Opcode.READDIR:
      case Opcode.READDIRPLUS:
        return this.#readDirectory(request, turn);
      case Opcode.FORGET:
        this.#fileSystem.forget(request.node, request.count);
        return "none";
      case Opcode.BATCH_FORGET:
        for (const { node, count } of request.forgets) this.#fileSystem.forget(node, count);
        return "none";
      case Opcode.INTERRUPT:
        // A request that does not wait has been answered: the kernel interrupts only what it has handed out.
        return this.#pending.remove(request.interrupted)
          ? this.#error(request.interrupted, EINTR)
          : "none";
      case Opcode.INIT:
        return this.#init(request);
      case "other":
        return this.#other(request);
    }
  }

  #other({ code, unique, node }: OtherRequest): Outcome {
    switch (code) {
      case Opcode.GETATTR:
        return this.#getattr(unique, node);
      case Opcode.STATFS:
        return this.#statfs(unique);
      case Opcode.OPEN:
        return this.#open(unique, InitFlag.NO_OPEN_SUPPORT, OpenFlag.KEEP_CACHE);
      case Opcode.OPENDIR: {
        const flags = OpenFlag.KEEP_CACHE | OpenFlag.CACHE_DIR;
        return this.#open(unique, InitFlag.NO_OPENDIR_SUPPORT, flags);
      }
      case Opcode.NOTIFY_REPLY:
        return "none";
      default:
        return this.#error(unique, fixedErrno(code));
    }
  }

  #init(request: InitRequest): Outcome {
    const { unique, major, minor } = request;
    this.#writer.begin(unique);
    if (major > MAJOR_VERSION) {
      // The kernel asks again with the version that it is told here (linux/fuse.h, "Version negotiation").
      this.#writer.u32(MAJOR_VERSION);
      this.#writer.zeros(Size.INIT_OUT - 4);
      this.#writer.end(0);
      return "reply";
    }
    if (major < MAJOR_VERSION || minor < OLDEST_MINOR_VERSION) {
      this.#onError(
        new GomodfsError(
          "UNSUPPORTED",
          `the kernel speaks FUSE ${major}.${minor}; at least 7.${OLDEST_MINOR_VERSION} is needed`,
        ),
      );
      return this.#error(unique, EPROTO);
    }
    this.#negotiated = negotiate(request);
    encodeInit(this.#writer, this.#negotiated);
    this.#writer.end(0);
    return "reply";
  }

  #lookup(request: LookupRequest, turn: Turn): Outcome {
    const found = this.#fileSystem.lookup(request.node, request.name);
    if ("ticket" in found) return this.#wait(request, found, turn);
    if ("errno" in found) return this.#fail(request, found);
    this.#writer.begin(request.unique);
    this.#attributes.entry(this.#writer, found);
    this.#writer.end(0);
    return "reply";
  }

  #read(request: ReadRequest, turn: Turn): Outcome {
    const content = this.#fileSystem.read(request.node, request.offset, request.size);
    if (content instanceof Uint8Array) return this.#content(request, content);
    if ("ticket" in content) return this.#wait(request, content, turn);
    return this.#fail(request, content);
  }

  #content({ unique, size }: ReadRequest, content: Uint8Array): Outcome {
    const wanted = content.length > size ? content.subarray(0, size) : content;
    this.#writer.begin(unique);
    if (wanted.length > this.#writer.remaining) {
      this.#writer.end(0, wanted.length);
      return wanted;
    }
    this.#writer.bytes(wanted);
    this.#writer.end(0);
    return "reply";
  }

  #readDirectory(request: ReadRequest, turn: Turn): Outcome {
    const { node, offset, size, unique, opcode } = request;
    let listing = offset === 0 ? undefined : this.#listings.find(node, offset);
    if (listing === undefined) {
      const rows = this.#fileSystem.entries(node);
      if ("ticket" in rows) return this.#wait(request, rows, turn);
      if ("errno" in rows) return this.#fail(request, rows);
      if (!isListable(rows)) return this.#error(unique, EOVERFLOW);
      listing = this.#listings.add(node, rows);
    }
    const plus = opcode === Opcode.READDIRPLUS;
    this.#writer.begin(unique);
    const encoded = this.#listingEncoder.encode(
      this.#writer,
      listing,
      positionOf(offset),
      size,
      plus,
    );
    this.#writer.end(0);
    if (encoded === 0) this.#listings.drop(listing);
    return "reply";
  }

  #getattr(unique: Unique, node: number): Outcome {
    const found = this.#fileSystem.attributes(node);
    if ("errno" in found) return this.#error(unique, found.errno);
    this.#writer.begin(unique);
    this.#attributes.attributes(this.#writer, found);
    this.#writer.end(0);
    return "reply";
  }

  #statfs(unique: Unique): Outcome {
    this.#writer.begin(unique);
    encodeStatfs(this.#writer);
    this.#writer.end(0);
    return "reply";
  }

  /** ENOSYS where the kernel then does without OPEN for good; a handle that means nothing otherwise. */
  #open(unique: Unique, support: number, openFlags: number): Outcome {
    if (((this.#negotiated?.flags ?? 0) & support) !== 0) return this.#error(unique, ENOSYS);
    this.#writer.begin(unique);
    this.#writer.u64(0);
    this.#writer.u32(openFlags);
    this.#writer.u32(0);
    this.#writer.end(0);
    return "reply";
  }

  /** Whoever settles a ticket has the answer at hand, so a second wait would be one without an end. */
  #wait(request: WaitingRequest, { ticket }: Pending, turn: Turn): Outcome {
    if (turn === "again") return this.#error(request.unique, EIO);
    return this.#pending.add(ticket, request) ? "none" : this.#error(request.unique, EAGAIN);
  }

  #fail(request: WaitingRequest, { errno, lasting }: Failure): Outcome {
    if (request.opcode !== Opcode.LOOKUP || errno !== ENOENT || lasting !== true) {
      return this.#error(request.unique, errno);
    }
    this.#writer.begin(request.unique);
    this.#attributes.negativeEntry(this.#writer);
    this.#writer.end(0);
    return "reply";
  }

  #error(unique: Unique, errno: number): Outcome {
    this.#writer.begin(unique);
    this.#writer.end(errno);
    return "reply";
  }
}
