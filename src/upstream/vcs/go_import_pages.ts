import { LRUCache } from "lru-cache";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { MemoryReceiver } from "../body_receiver.ts";
import type { HttpClient, HttpResult } from "../http_client.ts";
import type { FetchOptions } from "../module_source.ts";
import { SharedFlights } from "../shared_flights.ts";
import { type GoImport, parseGoImports } from "./go_import.ts";

/** What a {@linkcode GoImportPages} is made of. */
export interface GoImportPagesOptions {
  /** For https. */
  readonly client: HttpClient;
  /** For hosts that need not prove who they are; it should be impatient, since http is tried when it has given up. */
  readonly insecureClient: HttpClient;
  /** Milliseconds for which a page is not asked for again; a minute unless given. */
  readonly freshness?: number;
}

/** The go-import tags that a page has. */
export interface GoImportPage {
  /** Where it was, fit for messages. */
  readonly url: string;
  readonly imports: readonly GoImport[];
}

/** How to ask for a page. */
export interface PageOptions extends Pick<FetchOptions, "priority" | "signal"> {
  /** Whether the host may go unproven, and http will do: GOINSECURE. */
  readonly insecure: boolean;
}

/** Bytes of a page that are looked at. Its head is what matters; cmd/go stops reading where the body begins. */
const MAX_PAGE_BYTES = 1 << 20;
/** Characters of all the tags that are kept. */
const MAX_KEPT = 4 << 20;

/** The pages of import paths (`https://HOST/PATH?go-get=1`), each asked for once by all who want it at a time. */
export class GoImportPages {
  readonly #client: HttpClient;
  readonly #insecureClient: HttpClient;
  readonly #flights = new SharedFlights<GoImportPage>();
  readonly #kept: LRUCache<string, GoImportPage>;

  constructor(options: GoImportPagesOptions) {
    this.#client = options.client;
    this.#insecureClient = options.insecureClient;
    this.#kept = new LRUCache({
      maxSize: MAX_KEPT,
      sizeCalculation: (page) => JSON.stringify(page).length,
      ttl: options.freshness ?? 60_000,
    });
  }

  /**
   * The page of a module path, or of a prefix of one. A page of an error counts, if it has tags
   * (cmd/go/internal/web/http.go, `get`: "so people can serve a meta import in their http 404 page").
   *
   * @throws GomodfsError `NOT_FOUND` if there is none, or one without tags that cannot be read or is an error;
   *   `UPSTREAM`, `TIMEOUT`, `CANCELLED`
   */
  async read(importPath: string, options: PageOptions): Promise<GoImportPage> {
    const { insecure, priority } = options;
    const key = `${insecure ? "insecure" : "secure"} ${importPath}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    return await this.#flights.join(key, options.signal, async (signal) => {
      const own = { signal, ...(priority !== undefined && { priority }) };
      const answer = await this.#ask(importPath, insecure, own);
      const page = { url: answer.url.href, imports: importsOf(answer) };
      this.#kept.set(key, page);
      return page;
    });
  }

  /** An answer, whatever it is, is the host's; only if there is none at all, http is tried. */
  async #ask(importPath: string, insecure: boolean, options: FetchOptions): Promise<PageAnswer> {
    const url = pageUrl("https", importPath);
    if (!insecure) return await ask(this.#client, url, options);
    try {
      return await ask(this.#insecureClient, url, options);
    } catch (error) {
      if (!isGomodfsError(error) || error.code === "CANCELLED") throw error;
      return await ask(this.#client, pageUrl("http", importPath), options);
    }
  }
}

interface PageAnswer {
  readonly url: URL;
  readonly result: HttpResult<Uint8Array>;
}

async function ask(client: HttpClient, url: URL, options: FetchOptions): Promise<PageAnswer> {
  const result = await client.get({
    ...options,
    url,
    maxBytes: MAX_PAGE_BYTES,
    beginningOnly: true,
    receive: (size) => new MemoryReceiver(size),
  });
  return { url, result };
}

/** cmd/go/internal/vcs/vcs.go, `urlForImportPath` */
function pageUrl(scheme: "http" | "https", importPath: string): URL {
  const url = `${scheme}://${importPath}?go-get=1`;
  if (URL.canParse(url)) return new URL(url);
  throw new GomodfsError("NOT_FOUND", "import path does not begin with hostname");
}

function importsOf({ url, result }: PageAnswer): GoImport[] {
  let imports: GoImport[] = [];
  let problem: GomodfsError | undefined;
  try {
    imports = parseGoImports(result.body ?? new Uint8Array());
  } catch (error) {
    if (!isGomodfsError(error)) throw error;
    problem = error;
  }
  if (imports.length === 0 && !result.ok) throw refused(url, result);
  // Most pages that are about something else cannot be read as XML.
  if (problem !== undefined) {
    throw new GomodfsError("NOT_FOUND", `parsing ${url.href}: ${problem.message}`);
  }
  return imports;
}

function refused(url: URL, refusal: Extract<HttpResult<unknown>, { ok: false }>): GomodfsError {
  const { status, reason } = refusal;
  // cmd/go/internal/web/api.go, `HTTPError.Is`
  const code = status === 404 || status === 410 ? "NOT_FOUND" : "UPSTREAM";
  const message = `reading ${url.href}: ${status}${reason === "" ? "" : `: ${reason}`}`;
  return new GomodfsError(code, message, {
    ...(status === 401 && {
      hint: "give credentials for this host in .netrc or by a command of GOAUTH",
    }),
  });
}
