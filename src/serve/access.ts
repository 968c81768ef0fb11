import type { IncomingMessage } from "node:http";
import type { Configuration } from "../config/configuration.ts";
import type { AccessControl } from "../http/access/access_control.ts";
import { AccessControls } from "../http/access/access_controls.ts";
import type { Admission } from "../http/access/admission.ts";
import { ClientAddresses } from "../http/access/client_address.ts";
import { CredentialsFile } from "../http/access/credentials_file.ts";
import type { Client } from "../http/http_exchange.ts";
import type { Refusal } from "../http/refusal.ts";
import type { Logger } from "../lib/logger.ts";

/** Probes come from programs that have no credentials. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);
/** What clients ask of a proxy (RFC 9112 section 3.2.2). */
const WHOLE_URL = /^https?:\/\//i;
/** Who is let in without a question, and told nothing about modules. */
const STRANGER: Client = { name: undefined, mayRead: () => false };

type HttpSettings = Configuration["http"];

/** Whom a server lets in, or why not. */
type Decision = Client | Refusal;

/** Who may ask a server, as its configuration says; it can be read anew while the server runs. */
export class ServerAccess {
  readonly #log: Logger;
  #control: AccessControl;
  #addresses: ClientAddresses;

  private constructor(log: Logger, control: AccessControl, addresses: ClientAddresses) {
    this.#log = log;
    this.#control = control;
    this.#addresses = addresses;
  }

  /** @throws GomodfsError as CredentialsFile.open */
  static async load(settings: HttpSettings, log: Logger): Promise<ServerAccess> {
    const addresses = new ClientAddresses(settings.trusted_proxies);
    return new ServerAccess(log, await loadControl(settings, log), addresses);
  }

  /**
   * Reads the credentials again. If that fails, what held before goes on to hold.
   *
   * @throws GomodfsError as {@linkcode load}
   */
  async reload(settings: HttpSettings): Promise<void> {
    this.#control = await loadControl(settings, this.#log);
    this.#addresses = new ClientAddresses(settings.trusted_proxies);
  }

  /** For an HTTP server. */
  readonly authenticate = (request: IncomingMessage): Decision | Promise<Decision> => {
    if (OPEN_PATHS.has(request.url ?? "")) return STRANGER;
    return decide(this.#control.admit(request));
  };

  /** For an HTTP server with a proxy on it, which asks for credentials of its own where a whole URL is asked for. */
  readonly authenticateBesideProxy = (request: IncomingMessage): Decision | Promise<Decision> =>
    WHOLE_URL.test(request.url ?? "") ? STRANGER : this.authenticate(request);

  /** For a proxy, to which clients prove themselves by another header (RFC 9110 section 11.7.2). */
  readonly authenticateToProxy = async (request: IncomingMessage): Promise<Decision> => {
    const { socket, headers } = request;
    const { "proxy-authorization": authorization, "x-forwarded-for": forwarded } = headers;
    const decision = await decide(
      this.#control.admit({
        socket,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }),
        },
      }),
    );
    return "status" in decision && decision.status === 401 ? asProxy(decision) : decision;
  };

  /** The address of who asks, also behind proxies that are trusted to tell it. */
  readonly addressOf = ({ socket, headers }: IncomingMessage): string =>
    this.#addresses.of({ socket, headers: { "x-forwarded-for": headers["x-forwarded-for"] } });
}

async function loadControl(settings: HttpSettings, log: Logger): Promise<AccessControl> {
  const { credentials, rate_limit: rate } = settings;
  const file = credentials === undefined ? undefined : await CredentialsFile.open(credentials, log);
  const controls = new AccessControls({
    credentials: file && (() => file.credentials),
    privatePatterns: settings.private,
    trustedProxies: settings.trusted_proxies,
    rateLimit: rate && { requestsPerSecond: rate.requests_per_second, burst: rate.burst },
    clock: () => performance.now(),
  });
  // Without credentials an address that others can reach is not listened on, unless this was asked for by name.
  return controls.control({ allowAnonymous: settings.allow_anonymous || file === undefined });
}

function decide(admission: Admission | Promise<Admission>): Decision | Promise<Decision> {
  return admission instanceof Promise ? admission.then(decisionOf) : decisionOf(admission);
}

function decisionOf(admission: Admission): Decision {
  return admission.kind === "admitted" ? admission.client : admission.refusal;
}

/** RFC 9110 section 15.5.8. */
function asProxy({ headers, text, ...rest }: Refusal): Refusal {
  const { "WWW-Authenticate": challenge, ...others } = headers;
  return {
    ...rest,
    status: 407,
    text,
    headers: challenge === undefined ? others : { ...others, "Proxy-Authenticate": challenge },
  };
}
