import { isIP } from "node:net";
import { GomodfsError } from "../gomodfs_error.ts";
import { redactUserinfo } from "../redact_url.ts";

/** Where the objects of a bucket are. */
export interface BucketAddress {
  /** Scheme, host and port; the rest is empty. */
  readonly origin: URL;
  /** What stands before `/KEY`: empty where the host names the bucket. */
  readonly basePath: string;
}

/** Which server has a bucket. */
export interface BucketPlace {
  readonly bucket: string;
  /** Instead of Amazon's own. */
  readonly endpoint: URL | undefined;
  /** Whether the path names the bucket, or else the host. Undefined: as the host allows. */
  readonly pathStyle: boolean | undefined;
}

/** Buckets made before 2018 and other servers' allow more than Amazon's rules of today; never what changes a URL. */
const bucketPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;
/** A label of a host name; some servers know regions like `garage`. */
const regionPattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

/** Whether a text may be a region: it becomes part of a host name and of what is signed. */
export function isRegion(text: string): boolean {
  return regionPattern.test(text);
}

/** @throws GomodfsError `USAGE` if it is no name of a bucket */
export function checkBucketName(bucket: string): void {
  if (bucketPattern.test(bucket) && !bucket.includes("..")) return;
  throw new GomodfsError("USAGE", `${JSON.stringify(bucket)} is no name of an S3 bucket`, {
    hint: "give the bare name, without s3:// and without a path",
  });
}

/**
 * A URL of an S3 server.
 *
 * @throws GomodfsError `USAGE` if it is none, or holds credentials
 */
export function parseEndpoint(text: string): URL {
  const url = URL.parse(text);
  const shown = JSON.stringify(redactUserinfo(text));
  if (url === null || !(url.protocol === "http:" || url.protocol === "https:")) {
    throw new GomodfsError("USAGE", `the S3 endpoint ${shown} is no http or https URL`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new GomodfsError("USAGE", `the S3 endpoint ${shown} has more than a host and a path`, {
      hint: "give credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    });
  }
  return url;
}

/** Where a bucket's objects are, if it is in this region. */
export function bucketAddress(place: BucketPlace, region: string): BucketAddress {
  const { bucket } = place;
  const server = place.endpoint ?? new URL(`https://s3.${region}.${domainOf(region)}/`);
  const prefix = server.pathname.replace(/\/+$/, "");
  const origin = new URL(server.origin);
  if (place.pathStyle ?? needsPathStyle(bucket, server)) {
    return { origin, basePath: `${prefix}/${bucket}` };
  }
  origin.hostname = `${bucket}.${server.hostname}`;
  return { origin, basePath: prefix };
}

/** The regions in China are a partition of their own. */
function domainOf(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

/** An address has no sub-domains, and a wildcard certificate covers one label (RFC 9525 section 6.3). */
function needsPathStyle(bucket: string, { hostname, protocol }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 || host === "localhost") return true;
  return !/^[a-z0-9-]+$/.test(protocol === "https:" ? bucket : bucket.replaceAll(".", ""));
}
