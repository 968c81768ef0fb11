import type { DiskTier } from "../buildcache/disk/disk_tier.ts";
import { type BuildSetKey, buildSetKeys } from "../buildcache/remote/build_set_key.ts";
import { RemoteTier } from "../buildcache/remote/remote_tier.ts";
import { type SharedBuildCache, SharedDirectory } from "../buildcache/server/shared_build_cache.ts";
import { S3Bucket } from "../lib/s3/s3_bucket.ts";
import { VERSION } from "../lib/version.ts";
import type { BucketSettings, CacheprogSettings } from "./cacheprog_settings.ts";

/**
 * The tiers that the settings name.
 *
 * @param warn tells a person what goes wrong
 * @throws GomodfsError `USAGE`
 */
export function openSharedCache(
  tier: DiskTier,
  { bucket, closeTimeout }: CacheprogSettings,
  warn: (message: string) => void,
): SharedBuildCache {
  if (bucket === undefined) return new SharedDirectory(tier);
  const objects = openBucket(bucket);
  const { prefix, concurrency, uploadConcurrency, minUploadSize, asyncUpload } = bucket;
  const remote = new RemoteTier({
    disk: tier,
    bucket: objects,
    warn,
    prefix,
    minUploadSize,
    asyncUpload,
    closeTime: closeTimeout,
    ...(concurrency !== undefined && { readers: concurrency }),
    ...(uploadConcurrency !== undefined && { writers: uploadConcurrency }),
  });
  return {
    open: (access, keys) => remote.open(access, keys),
    statistics: () => remote.statistics,
    close: async () => {
      await remote.close();
      await objects.close();
    },
  };
}

/** Of the go command that started this process. */
export function ownBuildSetKeys(): readonly BuildSetKey[] {
  return buildSetKeys({
    directory: process.cwd(),
    environment: process.env,
    goCommand: process.ppid,
  });
}

/** @throws GomodfsError `USAGE` */
function openBucket({ bucket, region, endpoint, pathStyle }: BucketSettings): S3Bucket {
  return new S3Bucket({
    bucket,
    env: process.env,
    userAgent: `gomodfs/${VERSION}`,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    // Without the flag the endpoint decides: most servers that are not Amazon's know no other style.
    ...(pathStyle && { pathStyle }),
  });
}
