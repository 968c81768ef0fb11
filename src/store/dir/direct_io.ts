import { constants } from "node:fs";

/** What O_DIRECT of open(2) wants addresses, offsets and lengths to be multiples of, on any device in use. */
export const DIRECT_IO_ALIGNMENT = 4096;
/** Smaller files are not worth the wait for the device. */
export const MINIMUM_DIRECT_LENGTH = 64 * 1024;
/** The flag; undefined on systems that do not have it. */
export const O_DIRECT: number | undefined = constants.O_DIRECT;

/** Bytes to be written in each way before their speeds are compared. */
const PROBE_BYTES = 2 * 1024 * 1024;
/** After so many bytes the slower way is tried once more: a disk's cache fills up, a page cache too. */
const REPROBE_BYTES = 64 * 1024 * 1024;
/** What earlier measurements count against later ones. */
const DECAY = 0.5;

/** How fast one way of writing was. */
interface Speed {
  bytes: number;
  milliseconds: number;
}

/**
 * Chooses how large files are written: through the page cache, or past it. Which is faster depends on the machine:
 * where memory comes fresh from a hypervisor, a page in the cache costs 12 us and a megabyte 3 ms, more than most disks
 * take; where memory is at hand and disks are slow it is the other way round. So both are tried and timed.
 */
export class DirectIoChoice {
  #supported = O_DIRECT !== undefined;
  readonly #direct: Speed = { bytes: 0, milliseconds: 0 };
  readonly #buffered: Speed = { bytes: 0, milliseconds: 0 };
  #sinceProbe = 0;

  /** Whether to write the next large file past the page cache. */
  get direct(): boolean {
    if (!this.#supported) return false;
    if (this.#direct.bytes < PROBE_BYTES) return true;
    if (this.#buffered.bytes < PROBE_BYTES) return false;
    const faster = cost(this.#direct) < cost(this.#buffered);
    return this.#sinceProbe > REPROBE_BYTES ? !faster : faster;
  }

  /** The file system refused the flag: it is not tried again. */
  refuse(): void {
    this.#supported = false;
  }

  /** Tells how long the writing of a file took. */
  record(direct: boolean, bytes: number, milliseconds: number): void {
    const speed = direct ? this.#direct : this.#buffered;
    const isProbe = this.#sinceProbe > REPROBE_BYTES;
    if (isProbe) {
      speed.bytes *= DECAY;
      speed.milliseconds *= DECAY;
    }
    speed.bytes += bytes;
    speed.milliseconds += milliseconds;
    this.#sinceProbe = isProbe ? 0 : this.#sinceProbe + bytes;
  }
}

function cost({ bytes, milliseconds }: Speed): number {
  return milliseconds / bytes;
}
