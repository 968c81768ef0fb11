import { join } from "node:path";
import type { Configuration } from "../config/configuration.ts";
import { type ListenAddress, parseListenAddress } from "../http/access/listen_address.ts";

/** Where HTTP is served if nothing says so: a port that no registered service has. */
export const DEFAULT_HTTP_ADDRESS = "127.0.0.1:3052";

/** What is to be served. */
export interface FrontEnds {
  readonly mount:
    | {
        readonly directory: string;
        readonly allowOther: boolean;
        /** Nobody asked for it by name: where no file systems can be mounted the server does without. */
        readonly isOptional: boolean;
      }
    | undefined;
  readonly listen: readonly ListenAddress[];
}

/**
 * What a configuration asks for. Where it names neither a mount nor an address, both: the mount in the directory of the
 * store's state, and HTTP on the sockets that the service manager passed, or on a port of this machine.
 */
export function frontEnds(
  { mount, http }: Pick<Configuration, "mount" | "http">,
  { state, hasInheritedSockets }: { readonly state: string; readonly hasInheritedSockets: boolean },
): FrontEnds {
  const isAsked = mount.directory !== undefined || http.listen.length > 0;
  const allowOther = mount.allow_other;
  if (isAsked) {
    const { directory } = mount;
    return {
      mount: directory === undefined ? undefined : { directory, allowOther, isOptional: false },
      listen: http.listen,
    };
  }
  return {
    mount: { directory: join(state, "gomodcache"), allowOther, isOptional: true },
    listen: [parseListenAddress(hasInheritedSockets ? "systemd" : DEFAULT_HTTP_ADDRESS)],
  };
}
