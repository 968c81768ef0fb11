import type { IncomingMessage } from "node:http";
import { type Refusal, refusal } from "../../http/refusal.ts";
import { fieldValue } from "./forwarded_fields.ts";
import {
  hostFieldOf,
  type ListedHost,
  type ListedHosts,
  originOf,
  parseConnectTarget,
  type Target,
  targetOfUrl,
} from "./listed_hosts.ts";
import type { ProxyExchange } from "./proxy_exchange.ts";
import { isPrivateTarget } from "./upstream_requests.ts";

/** Where a tunnel leads. */
export interface TunnelTarget {
  readonly target: Target;
  readonly host: ListedHost;
}

const wholeUrl = /^https?:\/\//i;

/** Whether a request's target is a whole URL (RFC 9112 section 3.2.2), as clients send it to proxies. */
export function isWholeUrl(text: string): boolean {
  return !text.startsWith("/") && wholeUrl.test(text);
}

/** What a request for a whole URL is for, or why it is refused. */
export function proxiedUrl(
  hosts: ListedHosts,
  text: string,
): Pick<ProxyExchange, "url" | "host"> | Refusal {
  const url = URL.parse(text);
  const target = url === null ? undefined : targetOfUrl(url);
  if (url === null || target === undefined || hasUserinfo(url)) {
    return refusal(400, "the request names no URL that a proxy can ask for");
  }
  if (target.scheme === "https") return refusal(400, "use CONNECT for https");
  url.hash = "";
  const host = findHost(hosts, target);
  return "status" in host ? host : { url, host };
}

/** Where CONNECT asks to be led, or why it is refused. */
export function tunnelTarget(hosts: ListedHosts, text: string): TunnelTarget | Refusal {
  const target = parseConnectTarget(text);
  if (target === undefined) return refusal(400, "CONNECT wants HOST:PORT");
  const host = findHost(hosts, target);
  return "status" in host ? host : { target, host };
}

/** What a request in a tunnel is for: something of the tunnel's host and no other (RFC 9110 section 7.4). */
export function urlInTunnel(
  { url: text = "", rawHeaders }: IncomingMessage,
  { target }: TunnelTarget,
): URL | Refusal {
  const origin = originOf(target);
  const url = URL.parse(isWholeUrl(text) ? text : `${origin}${text}`);
  if (url === null || !(text.startsWith("/") || isWholeUrl(text))) {
    return refusal(400, "the request's target is no path");
  }
  const isOwn = url.origin === origin && !hasUserinfo(url);
  if (!isOwn || !isHost(fieldValue(rawHeaders, "host"), target)) {
    return refusal(421, `this tunnel leads to ${origin} and nowhere else`);
  }
  url.hash = "";
  return url;
}

function findHost(hosts: ListedHosts, target: Target): ListedHost | Refusal {
  const host = hosts.find(target);
  const name = hostFieldOf(target);
  if (host === undefined) {
    return refusal(
      403,
      `${name} is not listed: this proxy answers for the hosts that its operator has named, and no others`,
    );
  }
  if (isPrivateTarget(target) && host.port === undefined) {
    return refusal(
      403,
      `${name} is an address of a private network: it must be listed with its port`,
    );
  }
  return host;
}

function hasUserinfo({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/** Whether a Host field names the target, with or without its scheme's own port. Two of them, joined, name nothing. */
function isHost(host: string | undefined, target: Target): boolean {
  const url = URL.parse(`${target.scheme}://${host ?? ""}`);
  return url !== null && url.origin === originOf(target) && url.pathname === "/";
}
