import type { Socket } from "node:net";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { connectionClosed } from "./connection.ts";
import { authorityOf, type Endpoint, type ProxyServer } from "./proxy_route.ts";
import { encodeRequestHead } from "./request_head.ts";
import { ResponseDecoder } from "./response_decoder.ts";
import { protocolError, type ResponseHead } from "./response_head.ts";

/**
 * Has the proxy at the other end of `socket` connect to `target` (RFC 9110 section 9.3.6): from then on the socket is
 * one to the target. It is destroyed if that fails.
 *
 * @throws GomodfsError `UPSTREAM` if the proxy refuses, `PROTOCOL`; an error of Node's; the signal's reason
 */
export async function openTunnel(
  socket: Socket,
  proxy: ProxyServer,
  target: Endpoint,
  signal: AbortSignal,
): Promise<void> {
  const authority = authorityOf(target);
  socket.write(encodeRequestHead("CONNECT", authority, authority, proxy.headers), "latin1");
  try {
    const head = await readHead(socket, signal);
    if (!isSuccess(head)) {
      throw refusal(`${authorityOf(proxy)} does not connect to ${authority}`, head);
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads nothing past the head: what follows in a tunnel is the target's. */
async function readHead(socket: Socket, signal: AbortSignal): Promise<ResponseHead> {
  const decoder = new ResponseDecoder("CONNECT");
  const { promise, resolve, reject } = Promise.withResolvers<ResponseHead>();
  const read = (bytes: Buffer): void => {
    try {
      decoder.feed(bytes);
      if (decoder.next() === "more" || decoder.head === undefined) return;
      socket.pause();
      // TLS is begun by the client, so nothing of the target can be here yet.
      if (isSuccess(decoder.head) && decoder.unreadBytes > 0) {
        throw protocolError("bytes behind the answer to CONNECT");
      }
      resolve(decoder.head);
    } catch (error) {
      reject(error);
    }
  };
  const closed = (): void => reject(connectionClosed());
  const abort = (): void => reject(signal.reason);
  socket.on("data", read).on("error", reject).on("close", closed);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    return await promise;
  } finally {
    socket.off("data", read).off("error", reject).off("close", closed);
    signal.removeEventListener("abort", abort);
  }
}

function isSuccess({ status }: ResponseHead): boolean {
  return status >= 200 && status < 300;
}

function refusal(what: string, { status, statusText }: ResponseHead): GomodfsError {
  return new GomodfsError("UPSTREAM", `the proxy ${what}: ${status} ${statusText}`.trimEnd(), {
    ...(status === 407 && { hint: "put user and password into the URL in HTTPS_PROXY" }),
  });
}
