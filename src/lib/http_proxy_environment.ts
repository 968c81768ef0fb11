import { BlockList, isIP } from "node:net";
import type { Environment } from "./environment.ts";

/**
 * The proxy that the environment names for a URL, or undefined: HTTP_PROXY, HTTPS_PROXY and NO_PROXY in upper or lower
 * case, with the rules that cmd/go follows (golang.org/x/net/http/httpproxy): never for loopback; NO_PROXY lists `*`,
 * addresses, networks in CIDR notation, and domains that include their subdomains, with `:port` where one is meant.
 * Node's own reading of NO_PROXY knows neither networks nor loopback.
 */
export function httpProxyFor(env: Environment, url: URL): string | undefined {
  const variable = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = variableOf(env, variable);
  // A CGI server sets HTTP_PROXY from a header of whoever asks (golang.org/s/cgihttpproxy).
  if (proxy === undefined || (variable === "HTTP_PROXY" && env["REQUEST_METHOD"])) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (isLoopback(host)) return undefined;
  const exceptions = (variableOf(env, "NO_PROXY") ?? "").toLowerCase().split(",");
  if (exceptions.some((exception) => matchesException(exception.trim(), host, port))) {
    return undefined;
  }
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function variableOf(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toLowerCase()] || undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || inNetwork(host, "127.0.0.0/8") || inNetwork(host, "::1/128");
}

function matchesException(exception: string, host: string, port: string): boolean {
  if (exception === "") return false;
  if (exception === "*") return true;
  if (exception.includes("/")) return inNetwork(host, exception);
  if (isIP(exception) !== 0)
    return inNetwork(host, `${exception}/${isIP(exception) === 4 ? 32 : 128}`);
  const [, bracketed, plain = "", exceptionPort] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(exception) ?? [];
  if (exceptionPort !== undefined && exceptionPort !== port) return false;
  const name = bracketed ?? plain;
  if (isIP(name) !== 0) return inNetwork(host, `${name}/${isIP(name) === 4 ? 32 : 128}`);
  return isIP(host) === 0 && matchesDomain(name.replace(/^\*(?=\.)/, ""), host);
}

function matchesDomain(domain: string, host: string): boolean {
  if (domain === "") return false;
  if (domain.startsWith(".")) return host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

function inNetwork(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
