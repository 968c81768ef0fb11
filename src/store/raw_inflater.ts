import { createInflateRaw, type InflateRaw } from "node:zlib";

/** What one step of inflating did. */
interface ZlibState {
  /** Bytes left of the output, then of the input. */
  readonly state: Uint32Array;
}

/** The binding behind Node's zlib streams, as its own synchronous functions drive it (lib/zlib.js, processChunkSync). */
interface ZlibHandle extends ZlibState {
  readonly writeSync: (
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ) => void;
  readonly reset: () => void;
  onError: (report: (message: string) => void) => void;
}

const Z_NO_FLUSH = 0;
const Z_FINISH = 4;

/**
 * Inflates raw deflate streams (RFC 1951), one after the other, into memory of the caller's.
 *
 * Node's public functions make an engine and a buffer for each stream: for the 21,000 files of 140 modules that is a
 * third of the time of taking them in, most of it in the collection of the buffers. So the binding below them is used,
 * which has been the same since Node 11; where it should ever be another one, {@linkcode RawInflater} says so at once.
 */
export class RawInflater {
  #engine: InflateRaw = createInflateRaw();
  #handle: ZlibHandle = handleOf(this.#engine);
  #failure: string | undefined;
  #used = false;

  constructor() {
    this.#listen();
  }

  /** Bytes that the last step took from its input. */
  consumed = 0;
  /** Bytes that the last step gave. */
  produced = 0;

  /** Begins with another stream. */
  start(): void {
    if (this.#failure !== undefined) this.#renew();
    else if (this.#used) this.#handle.reset();
    this.#used = true;
  }

  /**
   * Inflates until the input is used up, the output is full or the stream ends.
   *
   * @param isLast whether the stream has no more input than this
   * @returns whether the stream has ended; where the output became full that shows with the next step only
   * @throws Error with zlib's message if the input is no deflate stream, or the last one does not end it
   */
  step(
    input: Uint8Array,
    isLast: boolean,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): boolean {
    const { state } = this.#handle;
    this.#handle.writeSync(
      isLast ? Z_FINISH : Z_NO_FLUSH,
      input,
      0,
      input.length,
      output,
      outputOffset,
      outputLength,
    );
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const [outputLeft = 0, inputLeft = 0] = state;
    this.consumed = input.length - inputLeft;
    this.produced = outputLength - outputLeft;
    // zlib stops for no other reason; and an end that is missing is an error with Z_FINISH.
    return outputLeft > 0 && (isLast || inputLeft > 0);
  }

  /** Gives the memory back that zlib took. */
  close(): void {
    this.#engine.close();
  }

  #renew(): void {
    this.#engine.close();
    this.#engine = createInflateRaw();
    this.#handle = handleOf(this.#engine);
    this.#failure = undefined;
    this.#listen();
  }

  #listen(): void {
    this.#handle.onError((message) => {
      this.#failure = message;
    });
  }
}

function handleOf(engine: InflateRaw): ZlibHandle {
  const handle: unknown = Reflect.get(engine, "_handle");
  const state: unknown = Reflect.get(engine, "_writeState");
  if (!isBinding(handle) || !(state instanceof Uint32Array) || state.length !== 2) {
    throw new TypeError("this version of Node has another zlib binding than gomodfs knows");
  }
  return {
    state,
    writeSync: handle.writeSync.bind(handle),
    reset: handle.reset.bind(handle),
    onError: (report) => {
      handle.onerror = report;
    },
  };
}

interface ZlibBinding {
  readonly writeSync: ZlibHandle["writeSync"];
  readonly reset: () => void;
  onerror: (message: string) => void;
}

function isBinding(value: unknown): value is ZlibBinding {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof Reflect.get(value, "writeSync") === "function" &&
    typeof Reflect.get(value, "reset") === "function" &&
    typeof Reflect.get(value, "onerror") === "function"
  );
}
