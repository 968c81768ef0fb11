import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

/** An answer as it came, its content still encoded. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How to ask. */
export interface TestQuestion {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** Sends one request on a connection of its own, its target exactly as given. */
export async function ask(
  port: number,
  path: string,
  { method = "GET", headers = {}, body }: TestQuestion = {},
): Promise<TestAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TestAnswer>();
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  sent.once("error", reject).once("response", (response) => {
    const chunks: Buffer[] = [];
    response
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("error", reject)
      .once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
  });
  sent.end(body);
  return await promise;
}
