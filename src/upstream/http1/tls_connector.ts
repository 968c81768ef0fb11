import { isIP, type OnReadOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, type SecureContext } from "node:tls";
import { certificateAuthorities } from "../../lib/certificate_authorities.ts";
import type { Environment } from "../go_installation.ts";
import { authorityOf, type Endpoint } from "./proxy_route.ts";
import { untilConnected } from "./socket_events.ts";

/** Sessions that are kept, each of some KB; as many as Node's own agent keeps. */
const maxSessions = 100;

/** How a socket with TLS gets its bytes: over another socket, or else into the memory of `onread`. */
export interface TlsOptions {
  readonly socket?: Socket;
  readonly onread?: OnReadOpts;
}

/**
 * Connects with TLS. By itself in a file that is loaded with the first https URL: node:tls takes 16 ms, the certificates
 * 25 ms and the context made of them 15 ms.
 */
export class TlsConnector {
  readonly #secureContext: SecureContext;
  readonly #verifyCertificates: boolean;
  readonly #sessions = new Map<string, Buffer>();

  /**
   * @param env for SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS
   * @param verifyCertificates whether servers must prove who they are
   */
  constructor(env: Environment, verifyCertificates: boolean) {
    this.#verifyCertificates = verifyCertificates;
    // Made once and not for each connection.
    this.#secureContext = createSecureContext({ ca: certificateAuthorities(env) });
  }

  /**
   * A socket to `server`, whose certificate is verified unless that is not wanted.
   *
   * @throws an error of Node's or OpenSSL's with a code; the signal's reason
   */
  async connect(server: Endpoint, own: TlsOptions, signal: AbortSignal): Promise<Socket> {
    const { host, port } = server;
    const key = authorityOf(server);
    const session = this.#sessions.get(key);
    const options: ConnectionOptions = {
      host,
      port,
      secureContext: this.#secureContext,
      rejectUnauthorized: this.#verifyCertificates,
      ALPNProtocols: ["http/1.1"],
      // Not for addresses: RFC 6066 section 3.
      servername: isIP(host) === 0 ? host : "",
      ...(session && { session }),
      ...own,
    };
    const socket = connect(options);
    socket.setNoDelay(true);
    socket.on("session", (next) => this.#keepSession(key, next));
    try {
      await untilConnected(socket, "secureConnect", signal);
    } catch (error) {
      this.#sessions.delete(key);
      throw error;
    }
    return socket;
  }

  #keepSession(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maxSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }
}
