import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { certificateAuthorities } from "./certificate_authorities.ts";
import type { Environment } from "./go_installation.ts";
import { httpProxyFor } from "./http_proxy_environment.ts";
import { redactUserinfo } from "./redact_url.ts";

/** What {@linkcode ConnectionAgents} are made of. */
export interface ConnectionAgentsOptions {
  /** Connections to one host at once. */
  readonly connectionsPerHost: number;
  /** For the proxies and certificate authorities that it names. */
  readonly env: Environment;
}

/**
 * The kept connections: straight to hosts, and through each HTTP proxy that the environment names. TLS is loaded with
 * the first https URL: node:https takes 9 ms, the certificates 25 ms and the context made of them 15 ms.
 */
export class ConnectionAgents {
  readonly #connectionsPerHost: number;
  readonly #env: Environment;
  readonly #agents = new Map<string, Promise<Agent>>();
  #https: Promise<typeof import("node:https")> | undefined;
  #secureContext: Promise<import("node:tls").SecureContext> | undefined;

  constructor({ connectionsPerHost, env }: ConnectionAgentsOptions) {
    this.#connectionsPerHost = connectionsPerHost;
    this.#env = env;
  }

  /**
   * A GET request for `url`, ready to be ended.
   *
   * @throws GomodfsError `UNSUPPORTED` if the environment names a proxy that is neither http nor https
   */
  async request(url: URL, headers: Readonly<Record<string, string>>): Promise<ClientRequest> {
    const agent = await this.#agentFor(url);
    const options: RequestOptions = { method: "GET", agent, headers: { ...headers } };
    if (url.protocol === "http:") return httpRequest(url, options);
    return (await this.#loadHttps()).request(url, options);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const agents = await Promise.allSettled(this.#agents.values());
    this.#agents.clear();
    for (const agent of agents) if (agent.status === "fulfilled") agent.value.destroy();
  }

  #agentFor(url: URL): Promise<Agent> {
    const proxy = httpProxyFor(this.#env, url);
    const key = `${url.protocol} ${proxy ?? ""}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#createAgent(url.protocol === "https:", proxy);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  async #createAgent(secure: boolean, proxy: string | undefined): Promise<Agent> {
    const options = {
      keepAlive: true,
      maxSockets: this.#connectionsPerHost,
      maxFreeSockets: this.#connectionsPerHost,
      ...(proxy === undefined ? {} : { proxyEnv: proxyEnvironment(proxy) }),
    };
    if (!secure) return new HttpAgent(options);
    const { Agent: HttpsAgent } = await this.#loadHttps();
    return new HttpsAgent({ ...options, secureContext: await this.#loadSecureContext() });
  }

  #loadHttps(): Promise<typeof import("node:https")> {
    this.#https ??= import("node:https");
    return this.#https;
  }

  #loadSecureContext(): Promise<import("node:tls").SecureContext> {
    // Given to the agent, so that it is made once and not for each connection.
    this.#secureContext ??= import("node:tls").then(({ createSecureContext }) =>
      createSecureContext({ ca: certificateAuthorities(this.#env) }),
    );
    return this.#secureContext;
  }
}

function proxyEnvironment(proxy: string): Record<string, string> {
  if (!/^https?:\/\//i.test(proxy)) {
    throw new GomodfsError("UNSUPPORTED", `cannot use the proxy ${redactUserinfo(proxy)}`, {
      hint: "set HTTP_PROXY and HTTPS_PROXY to http:// or https:// URLs",
    });
  }
  return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
}
