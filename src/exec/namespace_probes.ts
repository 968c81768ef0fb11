import { execFile } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import type { Environment } from "./child_command.ts";
import { findSystemProgram } from "./command_lookup.ts";
import type { NamespaceProbes, ProbeResult } from "./namespace.ts";
import { type Identity, mapIdentity, PRIVATE_MOUNTS, ROOT_IN_USER_NAMESPACE } from "./unshare.ts";

const FUSE_DEVICE = "/dev/fuse";

/** Where {@linkcode SystemProbes} looks; a test gives others. */
export interface ProbeSettings {
  readonly environment: Environment;
  readonly identity: Identity;
  /** `/dev/fuse` unless a test says otherwise. */
  readonly device?: string;
}

// CAP_SYS_ADMIN of linux/capability.h.
const CAP_SYS_ADMIN = 21n;
const SETUID = 0o4000;
// unshare and a shell need 2 ms (measured); a machine that needs seconds is not one to mount on.
const PROBE_TIMEOUT_MS = 5_000;
const MAX_DIAGNOSTIC_BYTES = 64 * 1024;

/** Tries on this machine: opens the device, makes namespaces that end at once, and mounts nothing. 2-5 ms each. */
export class SystemProbes implements NamespaceProbes {
  readonly #environment: Environment;
  readonly #identity: Identity;
  readonly #device: string;

  constructor(settings: ProbeSettings) {
    this.#environment = settings.environment;
    this.#identity = settings.identity;
    this.#device = settings.device ?? FUSE_DEVICE;
  }

  async root(): Promise<ProbeResult> {
    const device = this.#openDevice();
    if (!device.possible) return device;
    if (this.#program("mount") === undefined) return impossible("mount is not installed");
    return this.#unshare([...PRIVATE_MOUNTS, "--", "true"]);
  }

  async userNamespace(): Promise<ProbeResult> {
    if (this.#program("mount") === undefined) return impossible("mount is not installed");
    const unshare = this.#program("unshare");
    if (unshare === undefined) return impossible("unshare is not installed");
    // The kernel wants the device opened in the user namespace that mounts (fuse_get_tree in fs/fuse/inode.c).
    // A redirection would make a file where there is no device.
    const script =
      'device=$1; shift; [ -c "$device" ] || { echo "$device cannot be opened" >&2; exit 1; }; ' +
      'exec 3<>"$device" && exec "$@" 3<&-';
    const command = [unshare, ...mapIdentity(this.#identity), "--", "true"];
    const inside = ["--", "sh", "-c", script, "sh", this.#device, ...command];
    return this.#unshare([...ROOT_IN_USER_NAMESPACE, ...PRIVATE_MOUNTS, ...inside]);
  }

  async fusermount(): Promise<ProbeResult> {
    const device = this.#openDevice();
    if (!device.possible) return device;
    const program = this.#program("fusermount3");
    if (program === undefined) return impossible("fusermount3 is not installed");
    return judgePrivilege(program, readFileSync("/proc/self/status", "latin1"));
  }

  #program(name: string): string | undefined {
    return findSystemProgram(name, this.#environment["PATH"]);
  }

  #openDevice(): ProbeResult {
    try {
      closeSync(openSync(this.#device, constants.O_RDWR));
      return { possible: true };
    } catch (error) {
      return impossible(`${this.#device} cannot be opened (${errorCode(error)})`);
    }
  }

  #unshare(args: readonly string[]): Promise<ProbeResult> {
    const unshare = this.#program("unshare");
    if (unshare === undefined) return Promise.resolve(impossible("unshare is not installed"));
    return new Promise((resolve) => {
      const settings = {
        env: this.#environment,
        cwd: "/",
        timeout: PROBE_TIMEOUT_MS,
        maxBuffer: MAX_DIAGNOSTIC_BYTES,
      };
      execFile(unshare, args, settings, (error, _stdout, stderr) => {
        if (error === null) resolve({ possible: true });
        else resolve(impossible(firstLine(stderr) ?? `unshare failed (${errorCode(error)})`));
      });
    });
  }
}

/**
 * Whether a setuid program can still become root with CAP_SYS_ADMIN here: no_new_privs (prctl(2)) and a capability
 * bounding set without it, both usual in containers, take that away.
 *
 * @param status the text of /proc/self/status
 */
export function judgePrivilege(program: string, status: string): ProbeResult {
  const field = (name: string) => new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
  const has = (set: string | undefined) =>
    set !== undefined && ((BigInt(`0x${set}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
  if (has(field("CapEff"))) return { possible: true };
  const { mode, uid } = statSync(program);
  if ((mode & SETUID) === 0 || uid !== 0) return impossible(`${program} is not setuid root`);
  if (field("NoNewPrivs") === "1") return impossible("no_new_privs is set");
  if (!has(field("CapBnd"))) return impossible("CAP_SYS_ADMIN is not in the bounding set");
  return { possible: true };
}

function impossible(reason: string): ProbeResult {
  return { possible: false, reason };
}

function firstLine(text: string): string | undefined {
  const [line] = text.trim().split("\n", 1);
  return line === undefined || line === "" ? undefined : line;
}

function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  return String(error);
}
