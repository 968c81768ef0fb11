import { type OutgoingHttpHeaders, type RequestListener, request as sendRequest } from "node:http";

/** Answers with what a server on 127.0.0.1 answers, and with headers besides. */
export function relayTo(
  port: number,
  added: OutgoingHttpHeaders = {},
): RequestListener {
  return (request, response) => {
    const { method, url: path = "", headers } = request;
    const relayed = sendRequest({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...added });
      answer.pipe(response);
    });
    relayed.on("error", () => response.destroy());
    request.pipe(relayed);
  };
}
