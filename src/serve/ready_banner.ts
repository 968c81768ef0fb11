/** What a server shows, and how clients get at it. */
export interface ServedAddresses {
  readonly store: string;
  /** Absolute. */
  readonly mountPoint: string | undefined;
  /** Base URLs; `unix:` and a path for sockets in the file system. */
  readonly urls: readonly string[];
  /** The certificates with which clients believe the reverse proxy; undefined without one. */
  readonly reverseProxyBundle: string | undefined;
}

/** The lines that say that a server is ready, and what to export to use it. */
export function readyBanner(served: ServedAddresses): string {
  const { store, mountPoint, urls, reverseProxyBundle: bundle } = served;
  const [url] = urls.filter((text) => text.startsWith("http"));
  return [
    `ready: serving the modules of ${store}`,
    ...(mountPoint === undefined ? [] : [`export GOMODCACHE=${shellQuote(mountPoint)}`]),
    ...urls.map((text, index) => proxyLine(text, index === 0)),
    ...(bundle === undefined || url === undefined
      ? []
      : [`export HTTPS_PROXY=${url} SSL_CERT_FILE=${shellQuote(bundle)}`]),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function proxyLine(url: string, isFirst: boolean): string {
  if (url.startsWith("unix:")) return `# HTTP on ${url}`;
  return isFirst ? `export GOPROXY=${url}` : `# or GOPROXY=${url}`;
}

/** A word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
