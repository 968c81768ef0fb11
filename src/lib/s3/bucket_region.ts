import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { GomodfsError } from "../gomodfs_error.ts";
import { type BucketPlace, bucketAddress, isRegion } from "./bucket_address.ts";
import { untilAborted } from "./cancellation.ts";
import type { HttpConnections } from "./http_connections.ts";
import { bucketRegionOf } from "./refusal.ts";

/** How the region of a bucket is found. */
export interface BucketRegionOptions {
  /** What a person says; undefined leaves it to what follows. */
  readonly region: string | undefined;
  /** For AWS_REGION, AWS_DEFAULT_REGION, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE. */
  readonly env: Environment;
  readonly place: BucketPlace;
  readonly connections: HttpConnections;
}

/** Where every server of S3 is, as far as its clients know, until it says otherwise. */
const firstRegion = "us-east-1";

/**
 * The region of a bucket: what a person says, or else the environment, or the profile; or else Amazon is asked for it.
 * Servers that are not Amazon's refuse a request for a wrong region and name the right one, if they care at all.
 */
export class BucketRegion {
  readonly #options: BucketRegionOptions;
  #region: Promise<string> | undefined;

  constructor(options: BucketRegionOptions) {
    this.#options = options;
  }

  /** @throws GomodfsError `USAGE` for a region that cannot be one, `CANCELLED` */
  async get(signal: AbortSignal | undefined): Promise<string> {
    this.#region ??= this.#find();
    const { bucket } = this.#options.place;
    return await untilAborted(this.#region, `the region of s3://${bucket}`, signal);
  }

  /** Notes what a server says. */
  set(region: string): void {
    this.#region = Promise.resolve(region);
  }

  async #find(): Promise<string> {
    const { region, env, place } = this.#options;
    const said =
      region ||
      env["AWS_REGION"] ||
      env["AWS_DEFAULT_REGION"] ||
      (hasProfiles(env) ? await regionOfProfile() : undefined) ||
      (place.endpoint === undefined ? await this.#discover() : undefined) ||
      firstRegion;
    if (isRegion(said)) return said;
    throw new GomodfsError("USAGE", `${JSON.stringify(said)} is no region of S3`);
  }

  /**
   * Asks without credentials: whatever the answer, it names the region (Amazon S3 API Reference, HeadBucket), and needs
   * none of the rights that GetBucketLocation does.
   */
  async #discover(): Promise<string | undefined> {
    const { place, connections } = this.#options;
    const { origin, basePath } = bucketAddress(place, firstRegion);
    try {
      const answer = await connections.exchange({
        name: `HEAD s3://${place.bucket}`,
        method: "HEAD",
        origin,
        target: `${basePath}/`,
        headers: {},
        body: undefined,
        signal: undefined,
      });
      answer.body.resume();
      return bucketRegionOf(answer.headers);
    } catch {
      // The request that is to come tells why, and goes on with another region if it is answered.
      return undefined;
    }
  }
}

/** AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files". */
function hasProfiles(env: Environment): boolean {
  const directory = join(homedir(), ".aws");
  return [
    env["AWS_CONFIG_FILE"] ?? join(directory, "config"),
    env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(directory, "credentials"),
  ].some((file) => existsSync(file));
}

async function regionOfProfile(): Promise<string | undefined> {
  const { profileRegion } = await import("./profile_region.ts");
  return await profileRegion();
}
