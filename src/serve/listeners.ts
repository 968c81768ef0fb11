import type { Configuration } from "../config/configuration.ts";
import { checkExposure } from "../http/access/exposure.ts";
import {
  formatListenAddress,
  type ListenAddress,
  reachOf,
  reachOfBoundAddress,
} from "../http/access/listen_address.ts";
import type { HttpListener, ServerCertificate } from "../http/http_listener.ts";
import type { HttpServer } from "../http/http_server.ts";
import type { ListenTarget } from "../http/listen_target.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { InheritedSocket } from "../lib/socket_activation.ts";

/** What guards an address. */
export type Guards = Pick<
  Configuration["http"],
  "allow_anonymous" | "allow_plain_http" | "credentials"
>;

/** How to listen. */
export interface ListenOptions {
  readonly addresses: readonly ListenAddress[];
  readonly certificate: ServerCertificate | undefined;
  readonly guards: Guards;
  /** Those of the service manager. */
  readonly inherited: readonly InheritedSocket[];
}

/**
 * Has a server listen on addresses, none of which shows modules to everybody by an oversight.
 *
 * @throws GomodfsError `USAGE` for an address that is open to others, or for a socket that the service manager did not pass;
 * `BUSY` if something else listens there
 */
export async function listenOnAddresses(
  server: HttpServer,
  { addresses, certificate, guards, inherited }: ListenOptions,
): Promise<HttpListener[]> {
  const listeners: HttpListener[] = [];
  for (const address of addresses) {
    const check = (reach: Parameters<typeof checkExposure>[0]["reach"]): void =>
      checkExposure({
        address: formatListenAddress(address),
        reach,
        authenticates: guards.credentials !== undefined,
        encrypts: certificate !== undefined,
        allowAnonymous: guards.allow_anonymous,
        allowPlainHttp: guards.allow_plain_http,
      });
    const reach = reachOf(address);
    if (reach !== "unknown") check(reach);
    for (const target of targetsOf(address, inherited)) {
      const listener = await server.listen({
        target,
        ...(certificate === undefined ? {} : { certificate }),
      });
      const bound = listener.address;
      if (reach === "unknown" && bound !== undefined) check(reachOfBoundAddress(bound));
      listeners.push(listener);
    }
  }
  return listeners;
}

/** @throws GomodfsError `USAGE` for a socket that the service manager did not pass */
export function targetsOf(
  address: ListenAddress,
  inherited: readonly InheritedSocket[],
): readonly ListenTarget[] {
  switch (address.kind) {
    case "tcp":
    case "unix":
      return [address];
    case "inherited": {
      const sockets = inherited.filter(
        ({ name }) => address.name === undefined || name === address.name,
      );
      if (sockets.length > 0) {
        return sockets.map(({ descriptor }) => ({ kind: "descriptor", descriptor }));
      }
      const what = address.name === undefined ? "no socket" : `no socket named ${address.name}`;
      throw new GomodfsError("USAGE", `the service manager passed ${what}`, {
        hint: "start it through a systemd .socket unit, whose FileDescriptorName= the address names",
      });
    }
  }
}
