/** A reverse proxy for hosts that are listed. */
export interface ServedReverseProxy {
  /** As they are configured. */
  readonly hosts: readonly string[];
  /** The certificates with which clients believe it: a file. */
  readonly bundle: string;
}

/** What a server shows, and how clients get at it. */
export interface ServedAddresses {
  readonly store: string;
  /** Absolute. */
  readonly mountPoint: string | undefined;
  /** Base URLs; `unix:` and a path for sockets in the file system. */
  readonly urls: readonly string[];
  readonly reverseProxy: ServedReverseProxy | undefined;
  readonly webdavUrls: readonly string[];
  readonly nfsPorts: readonly number[];
}

/** The lines that say that a server is ready, and what to export to use it. */
export function readyBanner(served: ServedAddresses): string {
  const { store, mountPoint, urls, reverseProxy } = served;
  const [url] = urls.filter((text) => text.startsWith("http"));
  return [
    `ready: serving the modules of ${store}`,
    ...(mountPoint === undefined ? [] : [`export GOMODCACHE=${shellQuote(mountPoint)}`]),
    ...urls.map((text, index) => proxyLine(text, index === 0)),
    ...served.webdavUrls.map((text) => `# WebDAV: ${text}/`),
    ...served.nfsPorts.map((port) => `# NFS: mount -t nfs -o ${nfsOptions(port)} HOST:/ DIR`),
    ...(reverseProxy === undefined || url === undefined ? [] : proxyLines(url, reverseProxy)),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** Modules never change, and there is nothing to lock: a warm build then asks for next to nothing. */
function nfsOptions(port: number): string {
  return `ro,vers=3,proto=tcp,mountproto=tcp,port=${port},mountport=${port},nolock,nocto,actimeo=3600`;
}

function proxyLines(url: string, { hosts, bundle }: ServedReverseProxy): string[] {
  const names = hosts.map((host) => host.replace(/,.*$/, ""));
  return [
    `# for ${names.join(", ")} and no other host:`,
    `export HTTPS_PROXY=${url} SSL_CERT_FILE=${shellQuote(bundle)}`,
  ];
}

function proxyLine(url: string, isFirst: boolean): string {
  if (url.startsWith("unix:")) return `# HTTP on ${url}`;
  return isFirst ? `export GOPROXY=${url}` : `# or GOPROXY=${url}`;
}

/** A word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
