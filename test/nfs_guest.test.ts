import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModuleService } from "../src/daemon/module_service.ts";
import { type ServedNfs, serveNfs } from "../src/daemon/serve_nfs.ts";
import { locateStore } from "../src/daemon/store_location.ts";
import { silentLogger } from "../src/lib/logger.ts";
import { Procedure } from "../src/nfs/v3/nfs_constants.ts";
import { readGoSettings } from "../src/upstream/go_settings.ts";
import { type ProgramResult, runProgram } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

const REPOSITORY = join(import.meta.dirname, "..");
/** Boots a Linux kernel and mounts with its own NFS client. */
const GUEST_RUN = join(REPOSITORY, "../shared/clients/guest-run.sh");
const BUILD_TIMEOUT = 80_000;
/** The sandbox of this machine as programs in the guest see it: what the guest has in /tmp covers it. */
const SHARED = "/tmp/sandbox";

describe("a guest with the kernel's NFS client", () => {
  let sandbox: Sandbox;
  let service: ModuleService;
  let nfs: ServedNfs;
  let goRoot: string;

  beforeAll(async () => {
    if (!existsSync(GUEST_RUN)) {
      throw new Error(`${GUEST_RUN} is missing: these tests need the harness that boots guests`);
    }
    sandbox = await Sandbox.create();
    goRoot = (await sandbox.go(["env", "GOROOT"])).trim();
    await cp(join(REPOSITORY, "examples/hello"), sandbox.path("hello"), { recursive: true });
    // The plain GOMODCACHE to compare with. Built with -trimpath the packages are what the guest's build needs too.
    await build("hello", { GOMODCACHE: sandbox.path("real") });
    await sandbox.go(["mod", "download", "all"], {
      directory: sandbox.path("hello"),
      environment: { GOMODCACHE: sandbox.path("real") },
    });
    service = await openService();
    nfs = await serve(0);
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await nfs.close();
    await service.close();
    await sandbox[Symbol.asyncDispose]();
  });

  it(
    "builds and verifies from an empty store, while another compares what it sees and tries to write",
    async () => {
      const [builder, reader] = await Promise.all([
        runGuest(
          [
            `cd ${SHARED}/hello`,
            "go build -trimpath -o /tmp/hello .",
            "/tmp/hello",
            "go mod verify",
            "go mod download all",
            "go list -m all",
          ].join(" && "),
        ),
        runGuest(
          [
            `diff -r ${SHARED}/real/rsc.io /mnt/rsc.io && echo same`,
            `diff -r ${SHARED}/real/golang.org/x/text@v0.14.0 /mnt/golang.org/x/text@v0.14.0 && echo same`,
            ...["real", "guest"].map((side) => {
              const directory = side === "real" ? `${SHARED}/real` : "/mnt";
              const modules = "rsc.io/quote@* rsc.io/sampler@* golang.org/x/text@*";
              return `(cd ${directory}; find ${modules} -type f -printf '%m %s %n %p\\n' -o -printf '%m %p\\n' | sort > /tmp/${side})`;
            }),
            "cmp /tmp/real /tmp/guest && wc -l < /tmp/guest",
            ...[
              "touch /mnt/new",
              "mkdir /mnt/new",
              "touch /mnt/rsc.io/quote@v1.5.2/go.mod",
              "rm -f /mnt/rsc.io/quote@v1.5.2/go.mod",
              "mv /mnt/rsc.io/quote@v1.5.2/go.mod /mnt/rsc.io/quote@v1.5.2/other",
              "ln -s x /mnt/link",
              "ln /mnt/rsc.io/quote@v1.5.2/go.mod /mnt/link",
              "chmod 777 /mnt/rsc.io/quote@v1.5.2/go.mod",
              "dd if=/dev/zero of=/mnt/rsc.io/quote@v1.5.2/go.mod conv=notrunc",
              "mknod /mnt/fifo p",
            ].map(
              (command) => `${command} 2>&1 | grep -c 'Read-only file system\\|Permission denied'`,
            ),
            "flock -s /mnt/rsc.io/quote@v1.5.2/go.mod true && echo locked",
          ].join("; "),
          ["--opts", "rw"],
          // The modules that it looks at must be resident to be found by their patterns.
          ["rsc.io/quote@v1.5.2", "rsc.io/sampler@v1.3.0", "golang.org/x/text@v0.14.0"],
        ),
      ]);
      expect(builder, `${builder.stdout}\n${builder.stderr}`).toMatchObject({ status: 0 });
      expect(builder.stdout).toContain("Hello, world.");
      expect(builder.stdout).toContain("all modules verified");
      expect(builder.stdout).toContain("golang.org/x/text v0.14.0");
      const lines = reader.stdout.trim().split("\n");
      expect(lines.slice(0, 2)).toEqual(["same", "same"]);
      expect(Number(lines[2])).toBeGreaterThan(500);
      expect(lines.slice(3)).toEqual([...Array.from({ length: 10 }, () => "1"), "locked"]);
      expect(nfs.statistics().rpc.brokenConnections).toBe(0);
    },
    BUILD_TIMEOUT,
  );

  it(
    "reads on when the server is restarted under it",
    async () => {
      const before = reads();
      const guest = runGuest(
        [
          "cd /mnt/rsc.io/quote@v1.5.2",
          "for count in $(seq 30)",
          "do echo 3 > /proc/sys/vm/drop_caches; cat quote.go > /dev/null || echo failed; sleep 0.05",
          "done",
          "echo done",
        ].join("; "),
        ["--opts", "noac"],
      );
      await expect.poll(() => reads() - before, { timeout: 30_000 }).toBeGreaterThan(5);
      const [port = 0] = nfs.ports;
      await nfs.close();
      await service.close();
      service = await openService();
      nfs = await serve(port);
      const result = await guest;
      expect(result.stdout.trim()).toBe("done");
      expect(reads()).toBeGreaterThan(5);
    },
    BUILD_TIMEOUT,
  );

  function reads(): number {
    return nfs.statistics().nfs.calls[Procedure.READ] ?? 0;
  }

  async function build(directory: string, environment: Record<string, string>): Promise<void> {
    await sandbox.go(["build", "-trimpath", "-o", "/dev/null", "."], {
      directory: sandbox.path(directory),
      environment,
    });
  }

  async function openService(): Promise<ModuleService> {
    const { environment } = sandbox;
    return await ModuleService.open({
      location: locateStore(undefined, environment),
      settings: readGoSettings(environment),
      proxy: undefined,
      environment,
      sums: [],
      log: silentLogger,
    });
  }

  async function serve(port: number): Promise<ServedNfs> {
    return await serveNfs({
      service,
      location: locateStore(undefined, sandbox.environment),
      log: silentLogger,
      targets: [{ kind: "tcp", host: "127.0.0.1", port }],
    });
  }

  /** Runs a shell command among this machine's programs, with the export at /mnt, in a guest of its own. */
  async function runGuest(
    command: string,
    options: readonly string[] = [],
    wanted: readonly string[] = [],
  ): Promise<ProgramResult> {
    const [port = 0] = nfs.ports;
    const variables = {
      GOMODCACHE: "/mnt",
      GOCACHE: "/tmp/go-build",
      GOPROXY: "off",
      GOFLAGS: "-mod=mod",
      GOSUMDB: "off",
      GOTOOLCHAIN: "local",
      HOME: "/tmp",
    };
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
    const script = [...exports, `export PATH=$PATH:${goRoot}/bin`, command].join("\n");
    const cache = sandbox.environment["GOCACHE"] ?? "";
    const setUp = [
      ...wanted.map((module) => `ls /mnt/${module} > /dev/null`),
      `mkdir -p /host${SHARED} /host/tmp/go-build`,
      `mount -i -t hostfs -o ${sandbox.path()} none /host${SHARED}`,
      `mount -i -t hostfs -o ${cache} none /host/tmp/go-build`,
      "cat > /host/tmp/script <<'END_OF_SCRIPT'",
      script,
      "END_OF_SCRIPT",
      "inhost sh /tmp/script 2>&1",
    ].join("\n");
    return await runProgram(
      [
        GUEST_RUN,
        ...`--quiet --mem 768 --timeout 75 --hostfs /:rw --nfs ${port}:/`.split(" "),
        ...options,
        setUp,
      ],
      { environment: { ...process.env }, timeout: BUILD_TIMEOUT },
    );
  }
});
