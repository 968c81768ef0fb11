import { chmodSync, chownSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Environment, ProgramOptions, ProgramResult } from "./program.ts";
import { runProgram } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";

/** What the user finds at /dev/fuse. */
export type FuseDevice =
  /** A device that everybody may open, as udev makes it. */
  | "open"
  /** No such file. */
  | "missing";

/** How to run a program as an {@linkcode OrdinaryUser}. */
export interface UserProgramOptions extends ProgramOptions {
  readonly device: FuseDevice;
  /** In a chroot the kernel makes no user namespaces (user_namespaces(7)), so that fusermount3 is what is left. */
  readonly withoutUserNamespaces?: boolean;
  /** Run it as root after all, with this user's home. */
  readonly asRoot?: boolean;
}

const ID = 65534;

/*
 * $1 a directory of ours, $2 the checkout, $3 and $4 see FuseDevice and withoutUserNamespaces; then the program. The
 * mount namespace is private: nothing of this reaches the machine, and all of it goes with the program.
 */
const SCRIPT = `
set -e
work=$1 checkout=$2 device=$3 chroot=$4
shift 4
mount --bind "$checkout" "$work/checkout"
mount -t tmpfs -o mode=755 tmpfs "$work/dev"
if [ "$device" = open ]; then
  mknod -m 666 "$work/dev/fuse" c 10 229
  chmod 666 "$work/dev/fuse"
  mount --bind "$work/dev/fuse" /dev/fuse
else
  for name in null zero full random urandom tty; do
    touch "$work/dev/$name"
    mount --bind "/dev/$name" "$work/dev/$name"
  done
  mount --rbind "$work/dev" /dev
fi
[ "$chroot" = yes ] || exec "$@"
mount --rbind / "$work/root"
exec chroot "$work/root" "$@"
`;

const PRIVATE_MOUNTS = ["unshare", "--mount", "--propagation=private", "--"] as const;

/** User 65534 with a home in a sandbox: may read the checkout and write there, and nowhere else. */
export class OrdinaryUser {
  readonly #sandbox: Sandbox;
  readonly #work: string;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#work = sandbox.makeDirectory("user");
    for (const name of ["checkout", "dev", "root"]) sandbox.makeDirectory(`user/${name}`);
    for (const name of ["home", "run", "tmp"]) chownSync(this.#own(name), ID, ID);
    chmodSync(join(this.#work, "run"), 0o700);
    chmodSync(sandbox.path(), 0o755);
  }

  /** The command under test, where this user can read it. */
  get gomodfs(): string {
    return join(this.#work, "checkout/bin/gomodfs");
  }

  /** Copies the example program, and gives its directory. */
  copyExample(): string {
    const directory = this.makeDirectory("hello");
    cpSync(new URL("../../examples/hello", import.meta.url), directory, { recursive: true });
    return directory;
  }

  get home(): string {
    return join(this.#work, "home");
  }

  /** The GOMODCACHE that Go takes by default. */
  get modcache(): string {
    return join(this.home, "go/pkg/mod");
  }

  /** Makes an empty directory of the user's. */
  makeDirectory(name: string): string {
    const path = this.#own(name);
    chownSync(path, ID, ID);
    return path;
  }

  /** Runs a program to its end. */
  async run(
    argv: readonly string[],
    { device, withoutUserNamespaces, asRoot, ...options }: UserProgramOptions,
  ): Promise<ProgramResult> {
    const checkout = new URL("../..", import.meta.url).pathname;
    const chroot = withoutUserNamespaces === true ? "yes" : "no";
    const become = ["setpriv", `--reuid=${ID}`, `--regid=${ID}`, "--clear-groups", "--"];
    const script = ["sh", "-c", SCRIPT, "sh", this.#work, checkout, device, chroot];
    return await runProgram(
      [...PRIVATE_MOUNTS, ...script, ...(asRoot === true ? [] : become), ...argv],
      { ...options, environment: { ...this.#environment(), ...options.environment } },
    );
  }

  #own(name: string): string {
    const path = join(this.#work, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  #environment(): Environment {
    return {
      ...this.#sandbox.environment,
      HOME: this.home,
      XDG_CACHE_HOME: join(this.home, ".cache"),
      XDG_CONFIG_HOME: join(this.home, ".config"),
      XDG_RUNTIME_DIR: join(this.#work, "run"),
      TMPDIR: join(this.#work, "tmp"),
      GOCACHE: join(this.home, ".cache/go-build"),
    };
  }
}
