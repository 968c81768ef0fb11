import { CredentialsFile } from "../http/access/credentials_file.ts";
import { checkExposure } from "../http/access/exposure.ts";
import { formatListenAddress, reachOf } from "../http/access/listen_address.ts";
import { TlsCertificates } from "../http/access/tls_certificates.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { Configuration } from "./configuration.ts";

/**
 * What a server would refuse to start with although every setting is right by itself: files of credentials and
 * certificates that cannot be used, and addresses that are open to everybody.
 *
 * @param log is told what the server would warn of
 */
export async function referenceProblems(
  { http }: Configuration,
  log: Logger,
): Promise<GomodfsError[]> {
  const { tls, credentials } = http;
  const checks: (() => unknown)[] = http.listen
    // Only the server can tell what a socket is bound to that it is given.
    .filter(({ kind }) => kind !== "inherited")
    .map((address) => () => {
      checkExposure({
        address: formatListenAddress(address),
        reach: reachOf(address),
        authenticates: credentials !== undefined,
        encrypts: tls !== undefined,
        allowAnonymous: http.allow_anonymous,
        allowPlainHttp: http.allow_plain_http,
      });
    });
  if (tls !== undefined) checks.push(() => TlsCertificates.load(tls, { log, now: Date.now }));
  if (credentials !== undefined) checks.push(() => CredentialsFile.open(credentials, log));
  const problems: GomodfsError[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof GomodfsError)) throw error;
      problems.push(error);
    }
  }
  return problems;
}
