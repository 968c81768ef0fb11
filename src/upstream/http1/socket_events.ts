import { once } from "node:events";
import type { Socket } from "node:net";

/**
 * Waits until a socket is connected. It is destroyed if that fails or is given up.
 *
 * @param event `secureConnect` of one with TLS
 * @throws the socket's error, or the signal's reason
 */
export async function untilConnected(
  socket: Socket,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<void> {
  // A socket may fail a second time when nobody waits for it any longer; its user looks at `destroyed`.
  socket.on("error", () => undefined);
  try {
    await once(socket, event, { signal });
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? signal.reason : error;
  }
}
