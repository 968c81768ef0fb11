import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { ModulePath } from "../../module/module_version.ts";
import type { Client } from "../http_exchange.ts";

/**
 * Refuses what a client may not read, in the same way whether there is such a module or not.
 *
 * @throws GomodfsError `FORBIDDEN`
 */
export function checkMayRead(client: Client, path: ModulePath): void {
  if (client.mayRead(path)) return;
  throw new GomodfsError("FORBIDDEN", `you may not read ${path}`, {
    hint: "ask those who run this server for credentials that let you",
  });
}
