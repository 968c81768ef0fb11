import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { redactUrl, redactUserinfo } from "../lib/redact_url.ts";

/** One place of a GOPROXY list where a module may be looked for. */
export type ProxyListEntry =
  | {
      readonly kind: "proxy";
      /** `http:`, `https:` or `file:`; its path does not end in a slash. */
      readonly url: URL;
      /** Whether any error leads to the next entry (`|`), or only `NOT_FOUND` (`,`). */
      readonly fallBackOnError: boolean;
    }
  /** Version control. */
  | { readonly kind: "direct" }
  /** Nowhere. */
  | { readonly kind: "off" }
  /** Version control, for modules that GONOPROXY matches only. Stands first, if anywhere. */
  | { readonly kind: "noproxy" };

/**
 * The entries of a GOPROXY value, as cmd/go/internal/modfetch/proxy.go `proxyList` makes them.
 *
 * @throws GomodfsError `USAGE` for a URL that cannot be a proxy's, or a list without entries
 */
export function parseProxyList(goproxy: string, gonoproxy: string): ProxyListEntry[] {
  const entries: ProxyListEntry[] = [];
  for (const [, item = "", separator = ""] of goproxy.matchAll(/([^,|]*)([,|]|$)/g)) {
    const text = item.trim();
    if (text === "") continue;
    if (text === "off" || text === "direct") {
      // Both end the list: later entries could never be reached.
      entries.push({ kind: text });
      break;
    }
    entries.push({ kind: "proxy", url: parseProxyUrl(text), fallBackOnError: separator === "|" });
  }
  if (entries.length === 0) {
    throw noEntries();
  }
  return gonoproxy !== "" && goproxy !== "direct" ? [{ kind: "noproxy" }, ...entries] : entries;
}

function noEntries(): GomodfsError {
  return new GomodfsError("USAGE", "GOPROXY holds no entries", {
    hint: "set GOPROXY to the URL of a Go module proxy",
  });
}

function parseProxyUrl(text: string): URL {
  // cmd/go keeps single words for itself; what has a dot, colon or slash and is no URL or path lacks the scheme.
  const lacksScheme = /[.:/]/.test(text) && !text.includes(":/") && !text.startsWith("/");
  const spelled = lacksScheme ? `https://${text}` : text;
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(spelled)) {
    throw invalidProxy(`has no scheme: ${redactUserinfo(text)}`);
  }
  let url: URL;
  try {
    url = new URL(spelled);
  } catch {
    throw invalidProxy(`is not a URL: ${redactUserinfo(text)}`);
  }
  if (url.protocol === "file:") {
    if (url.host !== "" || url.search !== "" || url.hash !== "") {
      throw invalidProxy(`is a file URL with more than a path: ${redactUrl(url)}`);
    }
  } else if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalidProxy(`has a scheme other than https, http and file: ${redactUserinfo(text)}`);
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

function invalidProxy(reason: string): GomodfsError {
  return new GomodfsError("USAGE", `a GOPROXY entry ${reason}`, {
    hint: "write entries as https://host/path, http://host/path or file:///path, separated by , or |",
  });
}

/**
 * Asks the entries in turn until one answers, as cmd/go/internal/modfetch/proxy.go `TryProxies`: an error leads to the
 * next entry if it is `NOT_FOUND` or the entry says so. If none answers, the most helpful error is thrown: that of
 * version control, else the last that is not `NOT_FOUND`, else the last.
 *
 * Two errors never hide what a proxy said before, unlike in cmd/go: `FORBIDDEN` of `off`, and `UNSUPPORTED` of version
 * control. A reader of "not found" knows what to do next; cmd/go itself, for one, then asks its next proxy.
 */
export async function tryProxies<T>(
  entries: readonly ProxyListEntry[],
  ask: (entry: ProxyListEntry) => Promise<T>,
): Promise<T> {
  let best = { error: noEntries(), rank: -1 };
  for (const entry of entries) {
    try {
      return await ask(entry);
    } catch (error) {
      // Nobody waits for an answer any longer, or a defect: the next entry must not be asked.
      if (!isGomodfsError(error) || error.code === "CANCELLED") throw error;
      const rank = errorRank(entry, error);
      if (rank >= best.rank) best = { error, rank };
      const fallsBack = entry.kind === "proxy" && entry.fallBackOnError;
      if (!fallsBack && error.code !== "NOT_FOUND") break;
    }
  }
  throw best.error;
}

function errorRank(entry: ProxyListEntry, error: GomodfsError): number {
  // It only says that the next entries are to be asked.
  if (entry.kind === "noproxy") return 0;
  if (entry.kind === "off" || error.code === "UNSUPPORTED") return 1;
  if (error.code === "NOT_FOUND") return entry.kind === "direct" ? 4 : 2;
  return entry.kind === "proxy" ? 3 : 4;
}
