import { type Readable, Transform } from "node:stream";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** The content of a request as long as it is no longer than `maxBytes`; more of it is an error `TOO_LARGE`. */
export function boundedContent(content: Readable, maxBytes: number): Readable {
  let size = 0;
  const bounded = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      size += bytes.length;
      if (size <= maxBytes) done(null, bytes);
      else
        done(
          new GomodfsError("TOO_LARGE", `the request's content has more than ${maxBytes} bytes`),
        );
    },
  });
  content.on("error", (error) => bounded.destroy(error));
  return content.pipe(bounded);
}
