import { writeModuleZip } from "../../../test/support/hostile_zip.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { silentLogger } from "../../lib/logger.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../../module/module_version.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { createIngestPool, type IngestPool } from "../../store/ingest.ts";
import { MemoryStore } from "../../store/memory/memory_store.ts";
import { ExportedModules } from "../../tree/exported_modules.ts";
import { VirtualTree } from "../../tree/virtual_tree.ts";
import type { Want } from "../../tree/want.ts";
import type { NfsLimits } from "../nfs_limits.ts";
import { NfsServer } from "../nfs_server.ts";

/** A module of one small and one large file, in a directory. */
export const SMALL = parseModuleVersion("example.com/small", "v1.0.0");
/** A module whose name has no room in a handle. */
export const LONG = parseModuleVersion(
  "example.com/a-rather-long-name/of-a-module/that-goes-on-and-on",
  "v0.0.0-20190101000000-0123456789ab",
);
/** A module that is not resident, and comes when it is let. */
export const COLD = parseModuleVersion("example.com/cold", "v1.0.0");
/** A module that no source has. */
export const NOWHERE = parseModuleVersion("example.com/nowhere", "v1.0.0");
/** A module whose source cannot be reached. */
export const UNREACHABLE = parseModuleVersion("example.com/unreachable", "v1.0.0");
export const LARGE_SIZE = 3 * 1024 * 1024 + 5;
/** The key of all servers, unless a test wants another one. */
export const KEY = Buffer.alloc(32, 7);

const FILES: Readonly<Record<string, Buffer>> = {
  "go.mod": Buffer.from("module example.com/small\n"),
  "ä/b.go": Buffer.from("package b\n"),
  "ä/c/d.go": Buffer.from("package c\n"),
  "large.bin": Buffer.from(Uint8Array.from({ length: LARGE_SIZE }, (_, index) => index % 251)),
  ...Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`many/f${index}.go`, Buffer.from(`${index}`)]),
  ),
};

/** Options of a server in tests. */
export interface ServeOptions {
  readonly key?: Uint8Array;
  readonly limits?: Partial<NfsLimits>;
  readonly clients?: readonly string[];
  readonly isExported?: (path: ModulePath) => boolean;
}

/** A store in memory and NFS servers over it, with what is not resident coming when a test lets it. */
export class ServedTree implements AsyncDisposable {
  readonly wants: Want[] = [];
  readonly #ingest: IngestPool;
  readonly #store: MemoryStore;
  readonly #servers: NfsServer[] = [];
  #coming: Promise<void> | undefined;
  readonly #release = Promise.withResolvers<void>();

  private constructor(ingest: IngestPool) {
    this.#ingest = ingest;
    this.#store = new MemoryStore(ingest);
  }

  static async create(): Promise<ServedTree> {
    const served = new ServedTree(createIngestPool({ workers: 1 }));
    await served.put(SMALL);
    await served.put(LONG);
    return served;
  }

  /** Starts a server over the store. */
  async serve({
    key = KEY,
    isExported = () => true,
    ...options
  }: ServeOptions = {}): Promise<ServedPort> {
    const reader = new ExportedModules(this.#store, isExported);
    const tree = new VirtualTree(reader, { read: () => undefined, list: () => undefined });
    const server = new NfsServer({
      tree,
      fetch: async (want) => await this.#fetch(want),
      handleKey: key,
      log: silentLogger,
      ...options,
    });
    this.#servers.push(server);
    return { server, port: await server.listen({ kind: "tcp", host: "127.0.0.1", port: 0 }) };
  }

  /** Stores a module. */
  async put(id: ModuleVersion): Promise<void> {
    await this.#store.putGoMod(id, FILES["go.mod"] ?? Buffer.alloc(0));
    const bytes = writeModuleZip(id, FILES);
    await this.#store.putModule(id, { kind: "memory", bytes }, () => undefined);
  }

  /** Lets fetches that wait go on. */
  release(): void {
    this.#release.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#release.resolve();
    await Promise.all(this.#servers.map(async (server) => await server.close()));
    await this.#ingest.close();
  }

  async #fetch(want: Want): Promise<void> {
    this.wants.push(want);
    if (want.kind === "tile") throw new GomodfsError("NOT_FOUND", "there are no tiles");
    const name = formatModuleVersion(want.id);
    if (name === formatModuleVersion(UNREACHABLE)) {
      throw new GomodfsError("UPSTREAM", "the source cannot be reached");
    }
    if (name !== formatModuleVersion(COLD)) {
      throw new GomodfsError("NOT_FOUND", `${name} does not exist`);
    }
    this.#coming ??= this.#release.promise.then(async () => await this.put(COLD));
    await this.#coming;
  }
}

/** A server and its port. */
export interface ServedPort {
  readonly server: NfsServer;
  readonly port: number;
}
