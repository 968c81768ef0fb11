import { callDaemon } from "../daemon/control_client.ts";
import { ModuleService } from "../daemon/module_service.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { goPlatform, TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import {
  type Command,
  type CommandStatus,
  type Environment,
  refuseCommand,
  runCommand,
} from "./child_command.ts";
import { type ExecRequest, type PreparedExec, sumLines } from "./exec_request.ts";
import { fillModuleCache } from "./fill_module_cache.ts";
import { goDirectory } from "./go_directory.ts";
import { chooseToolchain, toolchainEnvironment } from "./go_toolchain.ts";
import { chooseMountWay, describeRefusals, type MountChoice } from "./namespace.ts";
import { SystemProbes } from "./namespace_probes.ts";
import { bindMount, runInPrivateMount } from "./private_mount.ts";
import { runOnFusermount, runOnPrivateSession } from "./served_command.ts";
import { findDaemon, type ServingDaemon } from "./serving_daemon.ts";
import type { Identity } from "./unshare.ts";
import { reexecInUserNamespace, takeOuterIdentity } from "./user_namespace.ts";

/**
 * Runs a command with GOMODCACHE on demand, in the best way that this machine allows.
 *
 * @throws GomodfsError for settings that cannot be used and mounts that fail; the command was then not started
 */
export async function execute(request: ExecRequest): Promise<CommandStatus> {
  const { identity, environment } = takeOuterIdentity(request.environment);
  const moduleCache = requireModuleCache(request.settings);
  const [choice, daemon] = await Promise.all([
    identity === undefined ? chooseMountWay(systemProbes(environment)) : ROOT_IN_OWN_NAMESPACE,
    findDaemon(request.location),
  ]);
  if (daemon === undefined && choice.way === "user-namespace") return reexec(environment);

  const wanted: Command = { argv: request.argv, directory: request.directory, environment };
  const toolchain = await toolchainOf(request, wanted);
  const refusal = toolchain === undefined ? refuseCommand(wanted) : undefined;
  if (refusal !== undefined) return refusal;
  const command =
    toolchain === undefined
      ? wanted
      : { ...wanted, environment: toolchainEnvironment(environment, moduleCache, toolchain) };
  const prepared: PreparedExec = { request, command, moduleCache, identity };
  return daemon === undefined
    ? await runAlone(prepared, choice)
    : await runOnDaemon(prepared, choice, daemon);
}

function reexec(environment: Environment): never {
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  reexecInUserNamespace(argv, environment, currentIdentity());
  throw new GomodfsError("UNSUPPORTED", "unshare did not start");
}

/** The toolchain module that the command runs, if there is no Go on the PATH. */
async function toolchainOf(
  request: ExecRequest,
  { argv, environment, directory }: Command,
): Promise<ModuleVersion | undefined> {
  const { settings, proxy } = request;
  const isProxyKnown = (proxy ?? settings.GOPROXY) !== undefined;
  const versions = (): Promise<string[]> =>
    withService(request, async ({ source }) => {
      const list = await source.versions(TOOLCHAIN_PATH);
      return Buffer.from(list).toString("utf8").split("\n");
    });
  return await chooseToolchain({
    argv,
    directory: goDirectory(argv, directory),
    environment,
    settings,
    platform: goPlatform(process.platform, process.arch),
    versions: isProxyKnown ? versions : undefined,
  });
}

const ROOT_IN_OWN_NAMESPACE: MountChoice = { way: "root", refused: [] };

async function runAlone(prepared: PreparedExec, choice: MountChoice): Promise<CommandStatus> {
  const { request } = prepared;
  switch (choice.way) {
    case "root":
      return await runOrFill(prepared, () =>
        withService(request, (service) => runOnPrivateSession(prepared, service)),
      );
    case "user-namespace":
      return reexec(prepared.command.environment);
    case "fusermount3":
      return await runOrFill(prepared, () =>
        withService(request, (service) => runOnFusermount(prepared, service)),
      );
    case "none":
      return await fillAndRun(prepared, describeRefusals(choice));
  }
}

/** Containers may allow everything that was tried and yet not the mount itself. */
async function runOrFill(
  prepared: PreparedExec,
  run: () => Promise<CommandStatus>,
): Promise<CommandStatus> {
  try {
    return await run();
  } catch (error) {
    if (!isGomodfsError(error, "UNSUPPORTED")) throw error;
    return await fillAndRun(prepared, error.message);
  }
}

async function fillAndRun(prepared: PreparedExec, reason: string): Promise<CommandStatus> {
  process.stderr.write(
    `gomodfs: no FUSE here (${reason}): filling ${prepared.moduleCache} first\n`,
  );
  await fillModuleCache(prepared);
  return await runCommand(prepared.command);
}

/** Runs the command on the mount of a daemon that serves the store already. */
async function runOnDaemon(
  { request, command, moduleCache }: PreparedExec,
  choice: MountChoice,
  daemon: ServingDaemon,
): Promise<CommandStatus> {
  const ended = new AbortController();
  const prefetched = callDaemon(
    daemon.socketPath,
    { command: "prefetch", sums: request.sums, required: request.required },
    { signal: ended.signal },
  );
  // Fetching ahead is a favour: what is missing is fetched when it is read.
  prefetched.catch((error: unknown) => {
    if (!isGomodfsError(error, "CANCELLED"))
      request.log.debug("the daemon does not fetch ahead", { error });
  });
  try {
    if (choice.way === "root" || choice.way === "user-namespace") {
      const unprivileged = choice.way === "user-namespace";
      return await runInPrivateMount({
        mount: bindMount(daemon.mountPoint, moduleCache),
        command,
        unprivileged,
        ...(unprivileged ? { identity: currentIdentity() } : {}),
      });
    }
    const environment = { ...command.environment, GOMODCACHE: daemon.mountPoint };
    return await runCommand({ ...command, environment });
  } finally {
    ended.abort();
  }
}

async function withService<T>(
  request: ExecRequest,
  run: (service: ModuleService) => Promise<T>,
): Promise<T> {
  const { location, settings, proxy, log } = request;
  const environment = { ...request.environment };
  const service = await ModuleService.open({
    location,
    settings,
    proxy,
    environment,
    sums: sumLines(request),
    log,
    ...(request.build === undefined ? {} : { build: request.build }),
  });
  try {
    return await run(service);
  } finally {
    await service.close();
  }
}

function systemProbes(environment: Environment): SystemProbes {
  return new SystemProbes({ environment, identity: currentIdentity() });
}

function currentIdentity(): Identity {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

function requireModuleCache({ GOMODCACHE }: GoSettings): string {
  if (GOMODCACHE?.startsWith("/") === true) return GOMODCACHE;
  throw new GomodfsError(
    "USAGE",
    "cannot tell where GOMODCACHE is: neither it, nor GOPATH, nor HOME is set",
    {
      hint: "set GOMODCACHE to an absolute path",
    },
  );
}
