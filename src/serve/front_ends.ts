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
  /** Of HTTP, of WebDAV and of NFS. */
  readonly listen: readonly ListenAddress[];
  readonly webdav: readonly ListenAddress[];
  readonly nfs: readonly ListenAddress[];
}

/**
 * What a configuration asks for. Where it names no front end, two: a mount in the directory of the
 * store's state, and HTTP on the sockets that the service manager passed, or on a port of this machine.
 */
export function frontEnds(
  { mount, http, webdav, nfs }: Pick<Configuration, "mount" | "http" | "webdav" | "nfs">,
  { state, hasInheritedSockets }: { readonly state: string; readonly hasInheritedSockets: boolean },
): FrontEnds {
  const others = { webdav: webdav.listen, nfs: nfs.listen };
  const isAsked =
    mount.directory !== undefined ||
    [http.listen, webdav.listen, nfs.listen].some((addresses) => addresses.length > 0);
  const allowOther = mount.allow_other;
  if (isAsked) {
    const { directory } = mount;
    return {
      mount: directory === undefined ? undefined : { directory, allowOther, isOptional: false },
      listen: http.listen,
      ...others,
    };
  }
  return {
    mount: { directory: join(state, "gomodcache"), allowOther, isOptional: true },
    listen: [parseListenAddress(hasInheritedSockets ? "systemd" : DEFAULT_HTTP_ADDRESS)],
    ...others,
  };
}
