import { join } from "node:path";
import { FaultyS3 } from "../test/support/faulty_s3.ts";
import { GOMODFS } from "../test/support/gomodfs_mount.ts";
import { runSuccessfully } from "../test/support/program.ts";
import { S3Server } from "../test/support/s3_server.ts";
import type { Bench } from "./bench.ts";
import { gethSources } from "./geth.ts";
import type { Home } from "./home.ts";
import { timeProgram } from "./measure.ts";

/** What the rows of the build cache build: 557 gets where nothing is missing, 171 MB. */
const BUILD = ["go", "build", "./core/..."] as const;
const TIMEOUT_MILLISECONDS = 20 * 60_000;

/** Where a bucket is for those who use it. */
export interface Bucket {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A bucket for one workload, on a server of its own. */
export class BenchBucket implements AsyncDisposable {
  readonly #server: S3Server;
  readonly #relay: FaultyS3 | undefined;

  private constructor(server: S3Server, relay: FaultyS3 | undefined) {
    this.#server = server;
    this.#relay = relay;
  }

  /** @param latency milliseconds put on every answer */
  static async start(latency = 0): Promise<BenchBucket> {
    const server = await S3Server.start();
    return new BenchBucket(
      server,
      latency === 0 ? undefined : await FaultyS3.start(server, { latency }),
    );
  }

  get bucket(): Bucket {
    return { name: this.#server.bucket, environment: (this.#relay ?? this.#server).environment };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A program that the go command is given as its build cache. */
export interface CacheProgram {
  /** The value of GOCACHEPROG. */
  command(cacheDirectory: string, bucket?: Bucket, prefix?: string): string;
}

export const GOMODFS_CACHEPROG: CacheProgram = {
  command: (directory, bucket, prefix = "") =>
    [
      `${GOMODFS} cacheprog --cache-dir=${directory}`,
      ...(bucket === undefined ? [] : [`--bucket=${bucket.name} --prefix=${prefix}`]),
    ].join(" "),
};

/** tailscale/go-cache-plugin, which does not work without a bucket. */
export function goCachePlugin(binary: string): CacheProgram {
  return {
    command: (directory, bucket, prefix = "") =>
      [
        `${binary} --cache-dir=${directory}`,
        `--bucket=${bucket?.name} --region=${bucket?.environment["AWS_REGION"]} --prefix=${prefix}`,
        `--s3-endpoint-url=${bucket?.environment["AWS_ENDPOINT_URL_S3"]} --s3-path-style`,
      ].join(" "),
  };
}

/** go-ethereum's sources with all modules at hand, to be built in fresh homes. */
export class CoreBuild {
  readonly #bench: Bench;
  readonly #directory: string;
  readonly #modcache: string;

  private constructor(bench: Bench, directory: string, modcache: string) {
    this.#bench = bench;
    this.#directory = directory;
    this.#modcache = modcache;
  }

  static async prepare(bench: Bench): Promise<CoreBuild> {
    const directory = await gethSources(bench);
    const { environment, modcache } = bench.newHome();
    await runSuccessfully(["go", "mod", "download"], {
      directory,
      environment,
      timeout: TIMEOUT_MILLISECONDS,
    });
    return new CoreBuild(bench, directory, modcache);
  }

  newHome(): Home {
    return this.#bench.newHome();
  }

  /** Milliseconds of one build with the go command's own cache, which is the home's. */
  async time({ environment }: Home, variables: Record<string, string> = {}): Promise<number> {
    return await timeProgram(BUILD, {
      directory: this.#directory,
      environment: { ...environment, GOMODCACHE: this.#modcache, GOPROXY: "off", ...variables },
    });
  }

  /** The same with a program as cache, whose local directory is in the home. */
  async timeWith(
    program: CacheProgram,
    home: Home,
    bucket?: Bucket,
    prefix?: string,
  ): Promise<number> {
    const directory = join(home.directory, "build-cache");
    return await this.time(home, {
      ...bucket?.environment,
      GOCACHEPROG: program.command(directory, bucket, prefix),
    });
  }
}
