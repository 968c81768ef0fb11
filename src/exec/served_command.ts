import { Daemon } from "../daemon/daemon.ts";
import { FuseMount } from "../daemon/fuse_mount.ts";
import type { ModuleService } from "../daemon/module_service.ts";
import { runtimeDirectory } from "../daemon/runtime_directory.ts";
import { openDevice } from "../fuse/fuse_device.ts";
import { MountCounters } from "../fuse/mount_counters.ts";
import { mountArguments } from "../fuse/mount_options.ts";
import { planAhead } from "../prefetch/ahead_plan.ts";
import { requireMountPoint, Server } from "../serve/server.ts";
import type { CommandStatus } from "./child_command.ts";
import { runCommand } from "./child_command.ts";
import { type PreparedExec, sumLines } from "./exec_request.ts";
import { MountDirectory } from "./mount_directory.ts";
import { DEVICE_DESCRIPTOR, runInPrivateMount } from "./private_mount.ts";

/** Serves the command's own mount, over the user's GOMODCACHE in a mount namespace that only the command sees. */
export async function runOnPrivateSession(
  prepared: PreparedExec,
  service: ModuleService,
): Promise<CommandStatus> {
  const { request, command, moduleCache, identity } = prepared;
  const { location, log } = request;
  const device = openDevice();
  const counters = new MountCounters();
  const daemon = await Daemon.start({
    service,
    mountCounts: () => counters.get(),
    location,
    environment: command.environment,
    visibleAt: undefined,
    uid: identity?.uid ?? process.getuid?.() ?? 0,
  });
  fetchAhead(daemon, prepared);
  const mounted = Promise.withResolvers<string>();
  const { cache, database } = service;
  // Its thread starts while the namespace is made.
  const fuse = new FuseMount({
    device,
    mountPoint: mounted.promise,
    cache,
    database,
    location,
    counters,
    log,
  });
  try {
    return await runInPrivateMount({
      mount: { arguments: mountArguments(DEVICE_DESCRIPTOR), target: moduleCache, device },
      command,
      unprivileged: false,
      ...(identity === undefined ? {} : { identity }),
      onMounted: (pid) => mounted.resolve(`/proc/${pid}/root${moduleCache}`),
    });
  } finally {
    await daemon.close();
    await fuse.stop();
  }
}

/** Serves the command's own mount at a directory that others may see. */
export async function runOnFusermount(
  prepared: PreparedExec,
  service: ModuleService,
): Promise<CommandStatus> {
  const { request, command } = prepared;
  // Stable from run to run: the path is part of GOCACHE's keys.
  await using directory = await MountDirectory.take(
    runtimeDirectory(command.environment, process.getuid?.() ?? 0),
  );
  const server = await Server.start({
    service,
    location: request.location,
    environment: { ...command.environment },
    log: request.log,
    mount: { directory: directory.path, allowOther: false, isOptional: false },
  });
  fetchAhead(server.daemon, prepared);
  try {
    const environment = { ...command.environment, GOMODCACHE: requireMountPoint(server) };
    return await runCommand({ ...command, environment });
  } finally {
    await server.close();
  }
}

/** Starts to fetch all that go.sum names; nobody waits for it. */
function fetchAhead(daemon: Daemon, { request }: PreparedExec): void {
  daemon.prefetch(planAhead(sumLines(request), request.required), request.imports).then(
    ({ parts, failed }) => request.log.debug("fetched ahead", { parts, failed }),
    (error: unknown) => request.log.warn("cannot fetch ahead", { error }),
  );
}
