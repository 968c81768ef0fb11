import { ModuleService } from "../daemon/module_service.ts";
import { shellQuote } from "../serve/ready_banner.ts";
import { requireMountPoint, Server } from "../serve/server.ts";
import { EXIT_DONE } from "./exit_code.ts";
import type { MountFlags } from "./flags.ts";
import { readSessionSettings } from "./session_settings.ts";

/** Bytes: a build asks for two modules at a time, and the daemon is to be a small one. */
const ZIP_MEMORY = 12 * 1024 * 1024;

/** `gomodfs mount`: serves until a signal, an unmount or a request to stop. */
export async function runMount(directory: string, flags: MountFlags): Promise<number> {
  const environment = process.env;
  const { location, settings, proxy, log } = readSessionSettings(flags, environment, "info");
  const service = await ModuleService.open({
    location,
    settings,
    proxy,
    environment,
    sums: [],
    log,
    zipMemory: ZIP_MEMORY,
  });
  try {
    const signal = nextSignal();
    const server = await Server.start({
      service,
      location,
      environment,
      log,
      mount: { directory, allowOther: flags.allowOther === true, isOptional: false },
    });
    try {
      process.stdout.write(`ready: export GOMODCACHE=${shellQuote(requireMountPoint(server))}\n`);
      await Promise.race([signal, server.ended]);
    } finally {
      await server.close();
    }
  } finally {
    await service.close();
  }
  return EXIT_DONE;
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => resolve());
  });
}
