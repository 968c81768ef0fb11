/** Headers that authenticate a request: names in lower case to values. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/**
 * Headers by URL prefix: `host[:port]` with any path, as .netrc and GOAUTH commands name them
 * (cmd/go/internal/auth/auth.go `storeCredential`, `loadCredential`).
 */
export class CredentialTable {
  readonly #headers = new Map<string, CredentialHeaders>();

  /** Sets the headers of a prefix; none at all removes it. */
  set(prefix: string, headers: CredentialHeaders): void {
    const key = withoutFinalSlash(prefix);
    if (Object.keys(headers).length === 0) this.#headers.delete(key);
    else this.#headers.set(key, headers);
  }

  /**
   * The headers of the longest prefix of a URL that ends at a slash or at its end. A host without a port does not
   * stand for one that the URL has.
   */
  find(url: URL): CredentialHeaders | undefined {
    let prefix = withoutFinalSlash(`${url.host}${url.pathname}`);
    for (;;) {
      const found = this.#headers.get(prefix);
      if (found !== undefined) return found;
      const slash = prefix.lastIndexOf("/");
      if (slash < 0) return undefined;
      prefix = prefix.slice(0, slash);
    }
  }
}

/** The prefix that stands for a URL and all below it. */
export function prefixOf(url: URL): string {
  return withoutFinalSlash(`${url.host}${url.pathname}`);
}

function withoutFinalSlash(text: string): string {
  return text.replace(/\/$/, "");
}
