import { deflateRawSync } from "node:zlib";
import { parseModuleVersion } from "../../src/module/path.ts";
import { moduleEntries, writeZip, type ZipEntrySpec } from "./hostile_zip.ts";
import type { ReplayProxy } from "./replay_proxy.ts";

/** Something that a proxy says about a module, and what must come of it. */
export interface Lie {
  readonly name: string;
  /** A module that no other test of this file reads. */
  readonly module: string;
  readonly version: string;
  /** What is read: the module's directory, or one of its download files. */
  readonly reads: "directory" | "info" | "mod";
  readonly tell: (proxy: ReplayProxy, path: string) => void | Promise<void>;
  readonly errno: "EIO" | "ENOENT";
  readonly code: string;
  /** What the reason says. */
  readonly reason: RegExp;
}

/** Where modules of the tests' own are, which no checksum database knows. */
export const UNKNOWN = "test.example";
const MEBIBYTE = 1 << 20;

/** What a proxy can say that is not so. */
export const LIES: readonly Lie[] = [
  {
    name: "a changed byte in a zip",
    module: "github.com/pkg/errors",
    version: "v0.9.1",
    reads: "directory",
    tell: (proxy, path) => void proxy.addFault({ pattern: ending(`${path}.zip`), corruptAt: 5000 }),
    errno: "EIO",
    code: "INVALID",
    reason: /github\.com\/pkg\/errors/,
  },
  {
    name: "another module's honest zip",
    module: "rsc.io/sampler",
    version: "v1.3.0",
    reads: "directory",
    tell: (proxy, path) => {
      const id = parseModuleVersion("rsc.io/sampler", "v1.3.0");
      const files = { "go.mod": "module rsc.io/sampler\n", "evil.go": "package sampler\n" };
      proxy.set(`${path}.zip`, writeZip(moduleEntries(id, files)));
    },
    errno: "EIO",
    code: "SECURITY",
    reason: /Checksum mismatch/i,
  },
  {
    name: "a zip that breaks off each time",
    module: "github.com/kr/pty",
    version: "v1.1.1",
    reads: "directory",
    tell: (proxy, path) => void proxy.addFault({ pattern: ending(`${path}.zip`), cutAfter: 2000 }),
    errno: "EIO",
    code: "UPSTREAM",
    reason: /github\.com\/kr\/pty/,
  },
  {
    name: "half a zip as if it were all",
    module: "gopkg.in/yaml.v3",
    version: "v3.0.1",
    reads: "directory",
    tell: async (proxy, path) => {
      const zip = await fetchBytes(proxy, `${path}.zip`);
      proxy.set(`${path}.zip`, zip.subarray(0, zip.length / 2));
    },
    errno: "EIO",
    code: "INVALID",
    reason: /gopkg\.in\/yaml\.v3/,
  },
  {
    name: "an error page with status 200",
    module: "github.com/google/uuid",
    version: "v1.6.0",
    reads: "directory",
    tell: (proxy, path) => proxy.set(`${path}.zip`, "<html>please log in</html>"),
    errno: "EIO",
    code: "INVALID",
    reason: /github\.com\/google\/uuid/,
  },
  {
    name: "another go.mod",
    module: "github.com/spf13/cobra",
    version: "v1.8.0",
    reads: "mod",
    tell: (proxy, path) => proxy.set(`${path}.mod`, "module github.com/spf13/cobra\n\ngo 1.99\n"),
    errno: "EIO",
    code: "SECURITY",
    reason: /Checksum mismatch/i,
  },
  {
    name: "an .info of another version",
    module: "github.com/spf13/pflag",
    version: "v1.0.5",
    reads: "info",
    tell: (proxy, path) =>
      proxy.set(`${path}.info`, '{"Version":"v1.0.6","Time":"2020-01-01T00:00:00Z"}'),
    errno: "EIO",
    code: "UPSTREAM",
    reason: /v1\.0\.6/,
  },
  {
    name: "an .info that is not JSON",
    module: "github.com/spf13/cast",
    version: "v1.6.0",
    reads: "info",
    tell: (proxy, path) => proxy.set(`${path}.info`, "<html>"),
    errno: "EIO",
    code: "UPSTREAM",
    reason: /github\.com\/spf13\/cast/,
  },
  {
    name: "a zip of 48 MiB of zeros in a file that says it has 100 bytes",
    module: `${UNKNOWN}/bomb`,
    version: "v1.0.0",
    reads: "directory",
    tell: (proxy, path) => {
      const data = deflateRawSync(Buffer.alloc(48 * MEBIBYTE));
      proxy.set(`${path}.zip`, hostile("bomb", { name: "zeros", data, size: 100 }));
    },
    errno: "EIO",
    code: "INVALID",
    reason: /test\.example\/bomb/,
  },
  {
    name: "a zip that says it has more than 500 MiB",
    module: `${UNKNOWN}/large`,
    version: "v1.0.0",
    reads: "directory",
    tell: (proxy, path) =>
      proxy.set(`${path}.zip`, hostile("large", { name: "zeros", size: 600 * MEBIBYTE })),
    errno: "EIO",
    code: "INVALID",
    reason: /test\.example\/large/,
  },
  {
    name: "a name that leads out of the module",
    module: `${UNKNOWN}/traversal`,
    version: "v1.0.0",
    reads: "directory",
    tell: (proxy, path) =>
      proxy.set(`${path}.zip`, hostile("traversal", { name: "../../../../../tmp/x" })),
    errno: "EIO",
    code: "INVALID",
    reason: /\.\./,
  },
  {
    name: "two names that differ in case only",
    module: `${UNKNOWN}/twins`,
    version: "v1.0.0",
    reads: "directory",
    tell: (proxy, path) =>
      proxy.set(`${path}.zip`, hostile("twins", { name: "readme" }, { name: "README" })),
    errno: "EIO",
    code: "INVALID",
    reason: /readme/i,
  },
  {
    name: "a symbolic link",
    module: `${UNKNOWN}/link`,
    version: "v1.0.0",
    reads: "directory",
    tell: (proxy, path) =>
      proxy.set(
        `${path}.zip`,
        hostile("link", { name: "passwd", content: "/etc/passwd", mode: 0o120777 }),
      ),
    errno: "EIO",
    code: "INVALID",
    reason: /passwd/,
  },
  {
    name: "404",
    module: "github.com/spf13/afero",
    version: "v1.11.0",
    reads: "directory",
    tell: (proxy, path) => void proxy.addFault({ pattern: below(path), status: 404 }),
    errno: "ENOENT",
    code: "NOT_FOUND",
    reason: /github\.com\/spf13\/afero/,
  },
  {
    name: "410",
    module: "github.com/spf13/viper",
    version: "v1.18.2",
    reads: "info",
    tell: (proxy, path) => void proxy.addFault({ pattern: below(path), status: 410 }),
    errno: "ENOENT",
    code: "NOT_FOUND",
    reason: /github\.com\/spf13\/viper/,
  },
  {
    name: "403",
    module: "github.com/fsnotify/fsnotify",
    version: "v1.7.0",
    reads: "mod",
    tell: (proxy, path) =>
      void proxy.addFault({ pattern: below(path), status: 403, reason: "not for you" }),
    errno: "EIO",
    code: "UPSTREAM",
    reason: /403.*not for you/s,
  },
  {
    name: "500",
    module: "github.com/subosito/gotenv",
    version: "v1.6.0",
    reads: "directory",
    tell: (proxy, path) =>
      void proxy.addFault({ pattern: below(path), status: 500, reason: "out of order" }),
    errno: "EIO",
    code: "UPSTREAM",
    reason: /500/,
  },
];

/** The bytes of an honest answer. */
export async function fetchBytes(proxy: ReplayProxy, path: string): Promise<Buffer> {
  const response = await fetch(`${proxy.url}${path}`);
  if (response.status !== 200) throw new Error(`the proxy answers ${response.status} to ${path}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The zip of a module of the tests' own, with entries besides its go.mod. */
function hostile(name: string, ...entries: readonly ZipEntrySpec[]): Uint8Array {
  const id = parseModuleVersion(`${UNKNOWN}/${name}`, "v1.0.0");
  const root = `${UNKNOWN}/${name}@v1.0.0`;
  const goMod = moduleEntries(id, { "go.mod": `module ${UNKNOWN}/${name}\n` });
  return writeZip([
    ...goMod,
    ...entries.map((entry) => ({ ...entry, name: `${root}/${String(entry.name)}` })),
  ]);
}

function ending(path: string): RegExp {
  return new RegExp(`^${escapePattern(path)}$`);
}

function below(path: string): RegExp {
  return new RegExp(`^${escapePattern(path)}\\.`);
}

/** Paths have dots, plus signs and exclamation marks. */
function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
