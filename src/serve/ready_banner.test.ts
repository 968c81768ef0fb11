import { expect, test } from "vitest";
import { readyBanner } from "./ready_banner.ts";

test("readyBanner() says what to export, in words that a shell takes", () => {
  const banner = readyBanner({
    store: "/var/cache/gomodfs",
    mountPoint: "/mnt/go's modules",
    urls: ["http://127.0.0.1:3052", "unix:/run/gomodfs.sock", "https://cache.example:8443"],
    reverseProxy: {
      hosts: ["mirror.example,immutable", "files.example"],
      bundle: "/var/cache/gomodfs/bundle.pem",
    },
    webdavUrls: ["http://127.0.0.1:3053"],
    nfsPorts: [2049],
  });
  expect(banner).toBe(
    `ready: serving the modules of /var/cache/gomodfs
export GOMODCACHE='/mnt/go'\\''s modules'
export GOPROXY=http://127.0.0.1:3052
# HTTP on unix:/run/gomodfs.sock
# or GOPROXY=https://cache.example:8443
# WebDAV: http://127.0.0.1:3053/
# NFS: mount -t nfs -o ro,vers=3,proto=tcp,mountproto=tcp,port=2049,mountport=2049,nolock,nocto,actimeo=3600 HOST:/ DIR
# for mirror.example, files.example and no other host:
export HTTPS_PROXY=http://127.0.0.1:3052 SSL_CERT_FILE=/var/cache/gomodfs/bundle.pem
`,
  );
});

test("readyBanner() is silent on what is not served", () => {
  const none = { urls: [], reverseProxy: undefined, webdavUrls: [], nfsPorts: [] };
  expect(readyBanner({ store: "/s", mountPoint: "/mnt/gomod", ...none })).toBe(
    "ready: serving the modules of /s\nexport GOMODCACHE=/mnt/gomod\n",
  );
});
