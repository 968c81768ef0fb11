import { encodeId } from "../identifier.ts";
import type { Response } from "./message.ts";

/** The first line that a cache program writes: what it can be asked. */
export const CAPABILITIES = `${JSON.stringify({ ID: 0, KnownCommands: ["get", "put", "close"] })}\n`;

/** The line of a response, with its newline. */
export function encodeResponse(response: Response): string {
  return `${JSON.stringify(toMessage(response))}\n`;
}

function toMessage(response: Response): object {
  const ID = response.id;
  switch (response.kind) {
    case "miss":
      return { ID, Miss: true };
    case "hit": {
      const { outputId, size, time, diskPath } = response;
      return { ID, OutputID: encodeId(outputId), Size: size, Time: time, DiskPath: diskPath };
    }
    case "stored":
      return { ID, DiskPath: response.diskPath };
    case "closed":
      return { ID };
    case "failed":
      return { ID, Err: response.reason };
  }
}
