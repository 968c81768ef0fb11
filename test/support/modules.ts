import { escapePath, escapeVersion } from "../../src/module/escape.ts";
import type { ModuleVersion } from "../../src/module/module_version.ts";
import { parseModuleVersion } from "../../src/module/path.ts";

/** A real module, and what makes it worth a test. */
export interface OddModule {
  readonly id: ModuleVersion;
  readonly oddity: string;
}

/** Real modules, each odd in its own way, few of them large. */
export const ODD_MODULES: readonly OddModule[] = [
  odd("github.com/Sirupsen/logrus", "v1.0.6", "upper case in the path, a twin in lower case"),
  odd("github.com/sirupsen/logrus", "v1.9.3", "lower case twin, 0 byte files"),
  odd("github.com/Azure/go-autorest/tracing", "v0.6.0", "upper case, a module nested in another"),
  odd("github.com/BurntSushi/toml", "v1.3.2", "two capitals, hundreds of files of a few bytes"),
  odd("github.com/nats-io/nats-server/v2", "v2.10.22-RC.1", "upper case in the version, /v2"),
  odd("github.com/docker/distribution", "v2.8.3+incompatible", "+incompatible, + in file names"),
  odd("github.com/dgrijalva/jwt-go", "v3.2.0+incompatible", "+incompatible without go.mod"),
  odd("golang.org/x/exp", "v0.0.0-20230905200255-921286631fa9", "pseudo-version"),
  odd("gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405", "gopkg.in, no go.mod"),
  odd("gopkg.in/yaml.v3", "v3.0.1", "gopkg.in with a major version after a dot"),
  odd("github.com/beorn7/perks", "v0.0.0-20180321164747-3a771d992973", "no go.mod in the zip"),
  odd("github.com/pkg/errors", "v0.9.1", "no go.mod, proxy synthesises one"),
  odd("github.com/kr/pty", "v1.1.1", "no go.mod, shell scripts"),
  odd("rsc.io/quote", "v1.5.2", "one of three versions"),
  odd("rsc.io/quote", "v1.5.3-pre1", "pre-release"),
  odd("rsc.io/quote/v3", "v3.1.0", "the next major version below the same path"),
  odd("github.com/bramvdbogaerde/go-scp", "v1.4.0", "UTF-8 and spaces in file names"),
  odd("github.com/caddyserver/caddy/v2", "v2.6.0", "Arabic file name, .info with Origin"),
  odd("github.com/gobuffalo/genny", "v0.1.1", "file and directory names with leading dashes"),
  odd("github.com/russross/blackfriday/v2", "v2.1.0", "spaces and parentheses in file names"),
  odd("github.com/cucumber/godog", "v0.15.1", "commas in directory names, nested go.mod left out"),
  odd("github.com/rogpeppe/go-internal", "v1.12.0", "! in file names, testdata"),
  odd("golang.org/x/mod", "v0.17.0", "empty files, testdata"),
  odd("golang.org/x/tools", "v0.17.0", "1,433 files, @ in directory names"),
  odd("github.com/google/go-jsonnet", "v0.22.0", "2,491 files"),
  odd("github.com/hashicorp/hcl", "v1.0.0", "empty files, leading dots"),
  odd("github.com/ugorji/go", "v1.2.7", "no package that builds, others nested below it"),
  odd("github.com/mattn/go-sqlite3", "v2.0.3+incompatible", "a file of 7 MB"),
];

/** A toolchain, which is a module too: 64 MB, 11,000 files, programs. */
export const TOOLCHAIN_VERSION = "go1.25.4";

/** The module of that toolchain for this machine. */
export function toolchainModule(): ModuleVersion {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  return parseModuleVersion(
    "golang.org/toolchain",
    `v0.0.1-${TOOLCHAIN_VERSION}.${process.platform}-${arch}`,
  );
}

/** Where a GOMODCACHE has the files of a module. */
export function moduleDirectory({ path, version }: ModuleVersion): string {
  return `${escapePath(path)}@${escapeVersion(version)}`;
}

/** Where a GOMODCACHE has the `.info`, `.mod`, `.zip` and `.ziphash` of a module: add the extension. */
export function downloadFile({ path, version }: ModuleVersion): string {
  return `${downloadDirectory({ path })}/${escapeVersion(version)}`;
}

/** The directory of those files and of `list`. */
export function downloadDirectory({ path }: Pick<ModuleVersion, "path">): string {
  return `cache/download/${escapePath(path)}/@v`;
}

function odd(path: string, version: string, oddity: string): OddModule {
  return { id: parseModuleVersion(path, version), oddity };
}
