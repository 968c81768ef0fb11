import { GomodfsError } from "../../src/lib/gomodfs_error.ts";
import type { ClientOps } from "../../src/sumdb/client_ops.ts";

/** Answers a path of the database's protocol. */
export type Remote = (path: string) => Promise<Uint8Array>;

/** Operations of a client in memory: configuration and cache are maps that a test may look into and damage. */
export class MemoryOps implements ClientOps {
  readonly config = new Map<string, Uint8Array>();
  readonly cache = new Map<string, Uint8Array>();
  /** The paths that were read from the remote, in order. */
  readonly requests: string[] = [];
  readonly securityErrors: string[] = [];
  readonly messages: string[] = [];
  remote: Remote;

  constructor(remote: Remote) {
    this.remote = remote;
  }

  async readRemote(path: string): Promise<Uint8Array> {
    this.requests.push(path);
    return this.remote(path);
  }

  async readConfig(file: string): Promise<Uint8Array> {
    return this.config.get(file) ?? new Uint8Array();
  }

  async writeConfig(file: string, old: Uint8Array, content: Uint8Array) {
    const found = this.config.get(file) ?? new Uint8Array();
    if (found.length > 0 && Buffer.compare(found, old) !== 0) return "conflict";
    this.config.set(file, content);
    return "written";
  }

  async readCache(file: string): Promise<Uint8Array | undefined> {
    return this.cache.get(file);
  }

  async writeCache(file: string, content: Uint8Array): Promise<void> {
    this.cache.set(file, content);
  }

  log(message: string): void {
    this.messages.push(message);
  }

  securityError(message: string): void {
    this.securityErrors.push(message);
  }
}

/** Reads from a database over HTTP. */
export function httpRemote(url: string): Remote {
  return async (path) => {
    const response = await fetch(url + path);
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status === 200) return body;
    const isMissing = response.status === 404 || response.status === 410;
    throw new GomodfsError(
      isMissing ? "NOT_FOUND" : "UPSTREAM",
      `${path}: HTTP ${response.status}`,
    );
  };
}
