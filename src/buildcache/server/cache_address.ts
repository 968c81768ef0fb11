import { parseListenAddress, reachOf } from "../../http/access/listen_address.ts";
import type { ListenTarget } from "../../http/listen_target.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** Where a server of build caches is: on this machine in any case, since it answers with paths. */
export type CacheAddress = Exclude<ListenTarget, { kind: "descriptor" }>;

const HINT = "write a port, 127.0.0.1:PORT, [::1]:PORT or unix:/PATH";
const PORT = /^\d{1,5}$/;

/**
 * Reads `PORT`, which is one of 127.0.0.1, `HOST:PORT` of the loopback, or `unix:/PATH`.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseCacheAddress(text: string): CacheAddress {
  const address = parseListenAddress(PORT.test(text) ? `127.0.0.1:${text}` : text);
  switch (address.kind) {
    case "unix":
      return address;
    case "tcp":
      if (address.host !== undefined && reachOf(address) === "loopback") {
        return { kind: "tcp", host: address.host, port: address.port };
      }
      throw new GomodfsError(
        "USAGE",
        `${text} is not on the loopback: a server of build caches answers with paths of its own machine`,
        { hint: HINT },
      );
    case "inherited":
      throw new GomodfsError("USAGE", `${text} is no address of a server of build caches`, {
        hint: HINT,
      });
  }
}
