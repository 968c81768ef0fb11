import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** An ordinary user and group, as whom a command runs by `AS_NOBODY command...`. */
export const NOBODY = 65_534;
export const AS_NOBODY: readonly string[] = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
];

/** What distributions set up: everybody may open /dev/fuse; /etc/fuse.conf allows nothing. */
const SET_UP = `
set -e
mount -t tmpfs tmpfs "$1"
mknod -m 666 "$1/fuse" c 10 229
mount --bind "$1/fuse" /dev/fuse
: > "$1/fuse.conf"
mount --bind "$1/fuse.conf" /etc/fuse.conf
umount -l "$1"
echo ready
exec cat
`;

/** A mount namespace in which an ordinary user can use fusermount3, however this machine is set up. */
export class PrivateNamespace implements AsyncDisposable {
  /** A command that runs another one inside, as an ordinary user. */
  readonly asNobody: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.asNobody = ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, "--", ...AS_NOBODY];
  }

  /** @param directory an empty directory, only used while setting up */
  static async open(directory: string): Promise<PrivateNamespace> {
    const unshare = ["--mount", "--propagation", "private", "sh", "-c", SET_UP, "sh", directory];
    const holder = spawn("unshare", unshare, { stdio: ["pipe", "pipe", "inherit"] });
    const namespace = new PrivateNamespace(holder);
    const ended = once(holder, "close").then(() => {
      throw new Error("the private namespace could not be set up");
    });
    ended.catch(() => {});
    await Promise.race([once(holder.stdout, "data"), ended]);
    return namespace;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#holder, "close");
    this.#holder.stdin?.end();
    await closed;
  }
}
