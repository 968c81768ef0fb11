import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Answers a request with `git http-backend`, which serves the repositories below `root`. RFC 3875: the request in variables
 * and on standard input, headers and the body on standard output.
 */
export function answerWithGit(
  root: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { "content-type": type, "content-encoding": encoding, "git-protocol": protocol } =
    request.headers;
  const backend = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: type,
      HTTP_CONTENT_ENCODING: encoding,
      GIT_PROTOCOL: Array.isArray(protocol) ? protocol.join() : protocol,
    },
  });
  backend.stdin.on("error", () => {});
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  backend.once("error", () => response.destroy());
  backend.once("close", () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf("\r\n\r\n");
    let status = 200;
    for (const line of output.subarray(0, Math.max(0, end)).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(/: */, 2);
      if (name === "Status") status = Number.parseInt(value, 10);
      else if (name !== "") response.setHeader(name, value);
    }
    response.writeHead(status).end(output.subarray(end + 4));
  });
}
