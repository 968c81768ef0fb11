import { join } from "node:path";
import { TemporaryDirectory } from "../../../../test/support/temporary_directory.ts";
import { S3Bucket } from "../../../lib/s3/s3_bucket.ts";
import type { BuildCache } from "../../build_cache.ts";
import { DiskTier } from "../../disk/disk_tier.ts";
import { RemoteTier, type RemoteTierOptions } from "../remote_tier.ts";
import { build, type Step } from "./go_build.ts";

/** A machine with a local tier of its own, empty at first, and a bucket behind it. */
export class RemoteMachine implements AsyncDisposable {
  readonly disk: DiskTier;
  readonly tier: RemoteTier;
  readonly warnings: string[] = [];
  readonly #directory = new TemporaryDirectory("gomodfs-test-machine-");
  readonly #bucket: S3Bucket;

  /** @param environment names the server, as S3Server and FaultyS3 give it */
  constructor(
    environment: Readonly<Record<string, string>>,
    options: Partial<RemoteTierOptions> = {},
  ) {
    this.disk = new DiskTier(this.path("cache"));
    this.#bucket = new S3Bucket({
      bucket: "test-bucket",
      env: environment,
      userAgent: "gomodfs/test",
      retry: { attempts: 2, baseDelay: 1 },
    });
    this.tier = new RemoteTier({
      disk: this.disk,
      bucket: this.#bucket,
      warn: (message) => void this.warnings.push(message),
      ...options,
    });
  }

  path(...names: readonly string[]): string {
    return join(this.#directory.path, ...names);
  }

  /** One build from its beginning to its close; gives the names of the steps that it had to make. */
  async build(all: readonly Step[], access: "read" | "write" = "write"): Promise<string[]> {
    const cache: BuildCache = this.tier.open(access);
    try {
      return await build(cache, all);
    } finally {
      await cache.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tier.close();
    await this.#bucket.close();
    this.#directory[Symbol.dispose]();
  }
}
