/** The part of the WebAssembly interface that is used here; TypeScript has its declarations only for browsers. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => { readonly buffer: ArrayBuffer | SharedArrayBuffer };
};

const WASM_PAGE_LENGTH = 64 * 1024;

/**
 * Memory that begins at a page of the machine, as writing past the page cache (O_DIRECT of open(2)) wants it. No other
 * memory of JavaScript does so for certain.
 *
 * @param length bytes, rounded up to a multiple of 64 KiB
 */
export function allocatePages(length: number): ArrayBuffer {
  const { buffer } = makeMemory(length, false);
  if (buffer instanceof ArrayBuffer) return buffer;
  throw new TypeError("memory that is not shared is an ArrayBuffer");
}

/** As {@linkcode allocatePages}, for memory that threads share. */
export function allocateSharedPages(length: number): SharedArrayBuffer {
  const { buffer } = makeMemory(length, true);
  if (buffer instanceof SharedArrayBuffer) return buffer;
  throw new TypeError("memory that is shared is a SharedArrayBuffer");
}

function makeMemory(length: number, shared: boolean) {
  const pages = Math.ceil(length / WASM_PAGE_LENGTH);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}
