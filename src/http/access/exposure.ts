import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Reach } from "./listen_address.ts";

/** What guards a server, and what its owner has asked for by name. */
export interface Exposure {
  /** The address as messages name it. */
  readonly address: string;
  /** `unknown` counts as public. */
  readonly reach: Reach;
  /** Whether clients must say who they are: a file of credentials is named. */
  readonly authenticates: boolean;
  readonly encrypts: boolean;
  /** `--allow-anonymous` */
  readonly allowAnonymous: boolean;
  /** `--allow-plain-http` */
  readonly allowPlainHttp: boolean;
}

/**
 * Refuses to show modules to everybody by an oversight, or to have passwords sent in the clear.
 *
 * @throws GomodfsError `USAGE`, whose hint names the flag that asks for it
 */
export function checkExposure(exposure: Exposure): void {
  const { address, reach, authenticates, encrypts, allowAnonymous, allowPlainHttp } = exposure;
  if (reach === "loopback") return;
  const others = `${address} can be reached from other machines`;
  if (!authenticates && !allowAnonymous) {
    throw new GomodfsError("USAGE", `${others}, and nobody would be asked who they are`, {
      hint: "name a file of credentials with --credentials FILE, or let everybody in with --allow-anonymous",
    });
  }
  if (authenticates && !encrypts && !allowPlainHttp) {
    throw new GomodfsError("USAGE", `${others}, and passwords would be sent to it in the clear`, {
      hint: "give a certificate with --tls-certificate and --tls-key, or, behind a proxy that has one, --allow-plain-http",
    });
  }
}

/** Whether a server lets clients in that give no credentials: on loopback it does unless it has a file of credentials. */
export function allowsAnonymous({
  reach,
  authenticates,
  allowAnonymous,
}: Pick<Exposure, "reach" | "authenticates" | "allowAnonymous">): boolean {
  return allowAnonymous || (reach === "loopback" && !authenticates);
}
