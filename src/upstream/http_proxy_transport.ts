import { GomodfsError } from "../lib/gomodfs_error.ts";
import { redactUrl } from "../lib/redact_url.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { MemoryReceiver } from "./body_receiver.ts";
import type { HttpClient, HttpGet, HttpResult } from "./http_client.ts";
import type { ProxyTransport } from "./module_proxy.ts";
import type { FetchOptions } from "./module_source.ts";
import { receiveZip, type ZipSpool } from "./zip_receiver.ts";

/** A proxy, or a checksum database, over http or https. */
export class HttpProxyTransport implements ProxyTransport {
  readonly name: string;
  readonly #url: URL;
  readonly #client: HttpClient;
  readonly #spool: ZipSpool;

  constructor(url: URL, client: HttpClient, spool: ZipSpool) {
    this.name = redactUrl(url);
    this.#url = url;
    this.#client = client;
    this.#spool = spool;
  }

  async read(path: string, maxBytes: number, options: FetchOptions = {}): Promise<Uint8Array> {
    const receive = (size: number | undefined): MemoryReceiver => new MemoryReceiver(size);
    return await this.#get({ ...options, ...this.#question(path), maxBytes, receive });
  }

  async readZip(path: string, maxBytes: number, options: FetchOptions = {}): Promise<ZipBytes> {
    const receive = (size: number | undefined) => receiveZip(this.#spool, size);
    return await this.#get({ ...options, ...this.#question(path), maxBytes, receive });
  }

  #question(path: string): Pick<HttpGet<unknown>, "url" | "subject"> {
    return { url: this.#fileUrl(path), subject: subjectOf(path) };
  }

  #fileUrl(path: string): URL {
    const url = new URL(this.#url);
    const escaped = path.split("/").map(encodeURIComponent).join("/");
    // cmd/go leaves these as they are (net/url.PathEscape), and some servers look files up by the raw path.
    url.pathname = `${url.pathname.replace(/\/$/, "")}/${escaped.replace(/%(40|24|26|2B|3D|3A)/g, decodeURIComponent)}`;
    return url;
  }

  async #get<T>(get: HttpGet<T>): Promise<T> {
    const result = await this.#client.get(get);
    if (result.ok) return result.body;
    throw refusalError(get.url, result);
  }
}

/**
 * As much of a path as one repository has: `github.com/a/b` of all its modules and versions. Who makes up modules of one
 * that a proxy stumbles over has made up one subject.
 */
function subjectOf(path: string): string {
  return path.split("/", 3).join("/");
}

function refusalError(
  url: URL,
  refusal: Extract<HttpResult<unknown>, { ok: false }>,
): GomodfsError {
  const { status, reason } = refusal;
  // cmd/go/internal/web/api.go, `HTTPError.Is`
  const code = status === 404 || status === 410 ? "NOT_FOUND" : "UPSTREAM";
  const message = `GET ${redactUrl(url)}: ${status}${reason === "" ? "" : `: ${reason}`}`;
  const hint = hintFor(status);
  return new GomodfsError(code, message, {
    ...(hint !== undefined && { hint }),
    isGone: status === 410,
  });
}

function hintFor(status: number): string | undefined {
  switch (status) {
    case 401:
      return "give credentials for this host in .netrc, by a command of GOAUTH, or in the URL in GOPROXY";
    case 403:
      return "the server refuses to give this module; its operator can say why";
    case 407:
      return "put credentials into the URL of HTTPS_PROXY";
    default:
      return undefined;
  }
}
