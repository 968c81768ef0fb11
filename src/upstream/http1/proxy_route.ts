import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { httpProxyFor } from "../../lib/http_proxy_environment.ts";
import { redactUserinfo } from "../../lib/redact_url.ts";
import { basicAuthorization, percentDecode } from "../authorization.ts";
import type { Environment } from "../go_installation.ts";
import type { RequestHeaders } from "./request_head.ts";

/** Where a server listens. */
export interface Endpoint {
  /** Whether it speaks TLS. */
  readonly secure: boolean;
  /** A name or an address; one of IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An HTTP proxy, and what it wants to be told. */
export interface ProxyServer extends Endpoint {
  /** Proxy-Authorization, if the proxy's URL has a user. */
  readonly headers: RequestHeaders;
}

/** How an origin is reached (RFC 9112 section 3.2). */
export type Route =
  | { readonly kind: "direct" }
  /** The proxy is asked for the whole URL. */
  | { readonly kind: "forward"; readonly proxy: ProxyServer }
  /** The proxy connects to the origin and passes bytes on: CONNECT. */
  | { readonly kind: "tunnel"; readonly proxy: ProxyServer };

const direct: Route = { kind: "direct" };

/**
 * The route to the origin of an http or https URL, as the environment says.
 *
 * @throws GomodfsError `UNSUPPORTED` if it names a proxy that is neither http nor https
 */
export function routeTo(url: URL, env: Environment): Route {
  const proxyUrl = httpProxyFor(env, url);
  if (proxyUrl === undefined) return direct;
  const proxy = parseProxy(proxyUrl);
  return { kind: url.protocol === "https:" ? "tunnel" : "forward", proxy };
}

/** Where the origin of an http or https URL listens. */
export function endpointOf(url: URL): Endpoint {
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { secure, host: url.hostname.replace(/^\[|\]$/g, ""), port };
}

/** `host:port`, with brackets around an address of IPv6 (RFC 3986 section 3.2.2). */
export function authorityOf({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseProxy(text: string): ProxyServer {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new GomodfsError("UNSUPPORTED", `cannot use the proxy ${redactUserinfo(text)}`, {
      hint: "set HTTP_PROXY and HTTPS_PROXY to http:// or https:// URLs",
    });
  }
  return { ...endpointOf(url), headers: proxyHeaders(url) };
}

function proxyHeaders({ username, password }: URL): RequestHeaders {
  if (username === "" && password === "") return {};
  const basic = basicAuthorization(percentDecode(username), percentDecode(password));
  return { "proxy-authorization": basic["authorization"] ?? "" };
}
