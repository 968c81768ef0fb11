import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from "node:http";

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * A response that carries its request's id in X-Request-Id, whoever writes it. The field joins the others as they are
 * written: setHeader() beforehand costs a fifth of the requests a second that node:http answers.
 */
export class RequestIdResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  /** Set before anything is answered. */
  requestId = "";

  override writeHead(statusCode: number, statusMessage?: string, headers?: Headers): this;
  override writeHead(statusCode: number, headers?: Headers): this;
  override writeHead(statusCode: number, second?: string | Headers, third?: Headers): this {
    return typeof second === "string"
      ? super.writeHead(statusCode, second, this.#withRequestId(third))
      : super.writeHead(statusCode, this.#withRequestId(second));
  }

  #withRequestId(headers: Headers | undefined): Headers {
    if (headers === undefined) return ["X-Request-Id", this.requestId];
    if (Array.isArray(headers)) return [...headers, "X-Request-Id", this.requestId];
    return { ...headers, "X-Request-Id": this.requestId };
  }
}
