import { createHash } from "node:crypto";
import { type ReplayProxy, startReplayProxy } from "../../../test/support/replay_proxy.ts";
import { MemoryDatabase } from "../../../test/sumdb_oracle/memory_database.ts";
import { goModHash, hash1 } from "../../module/dirhash.ts";
import { escapePath, escapeVersion } from "../../module/escape.ts";
import type { ModuleVersion } from "../../module/module_version.ts";

/** The database's name, of the key that MemoryDatabase signs with. */
export const DATABASE_NAME = "localhost.localdev/sumdb";

/** A proxy with made-up modules, and a checksum database behind it that has their true hashes. */
export class PublishedModules implements AsyncDisposable {
  readonly proxy: ReplayProxy;
  /** What the database answers from the next {@linkcode show} on. */
  database = MemoryDatabase.empty(8);

  private constructor(proxy: ReplayProxy) {
    this.proxy = proxy;
  }

  static async start(): Promise<PublishedModules> {
    const modules = new PublishedModules(await startReplayProxy({ record: false }));
    modules.proxy.set(`/sumdb/${DATABASE_NAME}/supported`, "");
    return modules;
  }

  /** Publishes a version of a module and its record. */
  async publish(path: string, version: string): Promise<ModuleVersion> {
    const files = { "go.mod": `module ${path}\n`, "p.go": `package p // ${version}\n` };
    const id = this.proxy.addModule(path, version, files);
    await this.addRecord(id, files);
    return id;
  }

  /** Appends the record that a version with these files has. */
  async addRecord(id: ModuleVersion, files: Readonly<Record<string, string>>): Promise<void> {
    const hashed = Object.entries(files).map(([name, content]) => ({
      name: `${id.path}@${id.version}/${name}`,
      sha256: createHash("sha256").update(content).digest(),
    }));
    const goMod = goModHash(Buffer.from(files["go.mod"] ?? ""));
    const lines = [
      `${id.path} ${id.version} ${hash1(hashed)}`,
      `${id.path} ${id.version}/go.mod ${goMod}`,
    ];
    const key = `${escapePath(id.path)}@${escapeVersion(id.version)}`;
    await this.database.add(key, `${lines.join("\n")}\n`);
    await this.show();
  }

  /** Has the proxy answer as the database does now. */
  async show(): Promise<void> {
    for (const [path, answer] of this.database.answers) this.set(path, answer);
    this.set("/latest", await this.database.signTree(this.database.size));
  }

  /** Has the proxy answer otherwise to a path of the database: `/latest`. */
  set(path: string, answer: Uint8Array): void {
    this.proxy.set(`/sumdb/${DATABASE_NAME}${path}`, answer);
  }

  /** Requests for paths of the database that match. */
  requests(pattern: RegExp): number {
    const prefix = `/sumdb/${DATABASE_NAME}`;
    let sum = 0;
    for (const [path, count] of this.proxy.requests) {
      if (path.startsWith(prefix) && pattern.test(path.slice(prefix.length))) sum += count;
    }
    return sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
  }
}
