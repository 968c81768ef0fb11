import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { get as getSecurely } from "node:https";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CacheServer } from "./support/cache_server.ts";
import { describeTree } from "./support/directory_tree.ts";
import { isMounted } from "./support/gomodfs_mount.ts";
import { GomodfsServer } from "./support/gomodfs_server.ts";
import { Sandbox } from "./support/sandbox.ts";
import { temporaryDirectory } from "./support/temporary_directory.ts";
import { makeTestCertificate } from "./support/test_certificate.ts";

const LOOPBACK = ["--http", "127.0.0.1:0"];
const QUOTE = "rsc.io/quote@v1.5.2";

async function serve(sandbox: Sandbox, ...options: readonly string[]): Promise<GomodfsServer> {
  return await GomodfsServer.start({ options, environment: sandbox.environment });
}

/** The environment of a go command on another machine, so to speak. */
function client(sandbox: Sandbox, name: string, proxy: string): Record<string, string> {
  return {
    GOPROXY: proxy,
    GOMODCACHE: sandbox.path(name),
    GOPATH: sandbox.path(`${name}-gopath`),
    GOFLAGS: "-modcacherw",
  };
}

it("a go command behind it leaves the GOMODCACHE that it would leave behind upstream", async () => {
  await using sandbox = await Sandbox.create();
  await using server = await serve(sandbox, ...LOOPBACK);
  const through = client(sandbox, "through", server.url);
  const straight = client(sandbox, "straight", sandbox.proxy.url);
  for (const environment of [through, straight]) {
    await sandbox.go(["mod", "download", QUOTE, "github.com/BurntSushi/toml@v0.3.1"], {
      environment,
    });
  }
  const [left, right] = await Promise.all(
    ["through", "straight"].map(async (name) => {
      // What a zip's bytes are depends on who packed it; its h1 is in the .ziphash beside it.
      const lines = await describeTree(sandbox.path(name));
      return lines.filter((line) => !line.endsWith(".zip"));
    }),
  );
  expect(left).toEqual(right);
  expect(left?.length).toBeGreaterThan(50);
});

it("what is resident is served when upstream is gone, the checksum database too", async () => {
  await using sandbox = await Sandbox.create();
  await using server = await serve(sandbox, ...LOOPBACK);
  await sandbox.go(["mod", "download", QUOTE], { environment: client(sandbox, "a", server.url) });
  await sandbox.go(["list", "-m", "-versions", "rsc.io/quote"], {
    environment: client(sandbox, "a", server.url),
  });
  await sandbox.proxy.close();
  const offline = client(sandbox, "b", server.url);
  await sandbox.go(["mod", "download", QUOTE], { environment: offline });
  const versions = await sandbox.go(["list", "-m", "-versions", "rsc.io/quote"], {
    environment: offline,
  });
  expect(versions).toContain("v1.5.2");
});

it("a mount and HTTP show one store, and end together", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.mountPoint("mnt");
  await using server = await serve(sandbox, "--mount", directory, ...LOOPBACK);
  expect(server.stdout).toContain(`export GOMODCACHE=${directory}\n`);
  await sandbox.go(["mod", "download", QUOTE], { environment: client(sandbox, "a", server.url) });
  const file = join(directory, QUOTE, "quote.go");
  expect(readFileSync(file)).toEqual(readFileSync(join(sandbox.path("a"), QUOTE, "quote.go")));
  const { stdout } = await sandbox.gomodfs(["status"]);
  expect(stdout).toContain(`${directory}, ${server.url}\n`);
  expect(await server.stop("SIGINT")).toBe(0);
  expect(isMounted(directory)).toBe(false);
});

it("NFS and WebDAV show the store too, at addresses of their own", async () => {
  await using sandbox = await Sandbox.create();
  await using server = await serve(sandbox, "--nfs", "127.0.0.1:0", "--webdav", "127.0.0.1:0");
  const [, url = ""] = /^# WebDAV: (\S+)$/m.exec(server.stdout) ?? [];
  expect(await ask(`${url}${QUOTE}/quote.go`)).toBe(200);
  expect(server.stdout).toMatch(/^# NFS: mount -t nfs -o \S+port=\d+\S* HOST:\/ DIR$/m);
  expect(server.stdout).not.toContain("GOPROXY");
});

it("cacheprog serve --http serves modules beside the build cache, where go-cache-plugin does", async () => {
  await using sandbox = await Sandbox.create();
  const args = ["--plugin", "0", "--http", "127.0.0.1:0", "--modproxy"];
  await using server = await CacheServer.start(args, sandbox.environment);
  const [, url = ""] = /^export GOPROXY=(.*)$/m.exec(server.stderr) ?? [];
  const environment = client(sandbox, "a", `${url}/mod`);
  await sandbox.go(["mod", "download", QUOTE], { environment });
  expect(await server.end("SIGTERM")).toBe(0);
});

it("a mount alone is served without HTTP", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.mountPoint("mnt");
  await using server = await serve(sandbox, "--mount", directory);
  expect(isMounted(directory)).toBe(true);
  expect(server.stdout).not.toContain("GOPROXY");
});

it.each([
  [["--http", "0.0.0.0:0"], "nobody would be asked who they are", "--allow-anonymous"],
  [["--nfs", "0.0.0.0:0"], "NFS asks nobody who they are", "--nfs-clients"],
  [["--http", "nonsense"], '"nonsense" is no address to listen on', "HOST:PORT"],
  [["--http", "fd:web"], "the service manager passed no socket named web", ".socket unit"],
  [["--config", "/nonexistent/gomodfs.toml"], "there is no file of configuration", "name another"],
])("%j is refused, with what to do", async (options, message, hint) => {
  await using sandbox = await Sandbox.create();
  const { status, stdout, stderr } = await sandbox.gomodfs(["serve", ...options]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

it("everything wrong in gomodfs.toml is said with its line", async () => {
  await using sandbox = await Sandbox.create();
  const file = sandbox.path("gomodfs.toml");
  writeFileSync(file, '[http]\nlisten = "127.0.0.1"\nprivat = []\n');
  const { status, stderr } = await sandbox.gomodfs(["serve", "--config", file]);
  expect(status).toBe(2);
  expect(stderr).toContain(`${file}:2:10: `);
  expect(stderr).toContain(`${file}:3:1: `);
});

it("an address that is taken is named", async () => {
  await using sandbox = await Sandbox.create();
  await using server = await serve(sandbox, ...LOOPBACK);
  const { host } = new URL(server.url);
  const second = await sandbox.gomodfs(["serve", "--http", host]);
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(`cannot listen on ${host}: something else does`);
});

it("SIGHUP takes over new credentials and a new certificate; wrong ones change nothing", async () => {
  await using sandbox = await Sandbox.create();
  using first = temporaryDirectory();
  using second = temporaryDirectory();
  const certificates = [first, second].map((directory) =>
    makeTestCertificate(directory, ["127.0.0.1"]),
  );
  const [certificate, key, credentials] = ["cert.pem", "key.pem", "clients"].map((name) =>
    sandbox.path(name),
  );
  const install = (index: number): void => {
    writeFileSync(certificate ?? "", certificates[index]?.cert ?? "");
    writeFileSync(key ?? "", certificates[index]?.key ?? "", { mode: 0o600 });
  };
  const credential = async (name: string): Promise<{ line: string; token: string }> => {
    const { stdout, stderr } = await sandbox.gomodfs(["credential", name]);
    const [token = ""] = /[\w-]{30,}/.exec(stderr) ?? [];
    return { line: stdout, token };
  };
  const [ann, ben] = [await credential("ann"), await credential("ben")];
  install(0);
  writeFileSync(credentials ?? "", ann.line, { mode: 0o600 });
  await using server = await serve(
    sandbox,
    ...LOOPBACK,
    "--tls-certificate",
    certificate ?? "",
    "--tls-key",
    key ?? "",
    "--credentials",
    credentials ?? "",
  );
  const statusFor = async (token: string, authority: number): Promise<number | string> =>
    await askSecurely(`${server.url}/rsc.io/quote/@v/v1.5.2.info`, {
      token,
      authority: readFileSync(certificates[authority]?.authorityFile ?? ""),
    });
  expect(await statusFor(ann.token, 0)).toBe(200);
  expect(await statusFor(ben.token, 0)).toBe(401);

  install(1);
  writeFileSync(credentials ?? "", ben.line);
  server.signal("SIGHUP");
  await server.until(() => server.log.includes("the configuration was read again"));
  expect(await statusFor(ben.token, 1)).toBe(200);
  expect(await statusFor(ann.token, 1)).toBe(401);

  writeFileSync(credentials ?? "", "nonsense\n");
  server.signal("SIGHUP");
  await server.until(() => server.log.includes("the configuration was not taken over"));
  expect(await statusFor(ben.token, 1)).toBe(200);
});

it("answers under way finish when it is told to end", async () => {
  await using sandbox = await Sandbox.create();
  await using server = await serve(sandbox, ...LOOPBACK);
  sandbox.proxy.addFault({ pattern: /quote/, delay: 1_500 });
  const answer = ask(`${server.url}/rsc.io/quote/@v/v1.5.1.mod`);
  await server.until(() => sandbox.proxy.requestsMatching(/quote/) > 0);
  const stopped = server.stop();
  expect(await answer).toBe(200);
  expect(await stopped).toBe(0);
});

/** Opens what a service manager's .socket unit would, tells what the service says, and becomes the service. */
const LAUNCHER = `
import os, socket, sys, threading
listener = socket.socket()
listener.bind(("127.0.0.1", 0)); listener.listen()
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
if os.fork() > 0:
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
listener.close()
with open(sys.argv[1] + ".log", "w") as log:
    while True:
        message = notify.recv(4096).decode()
        print(message, file=log, flush=True)
        if "STOPPING=1" in message: break
`;

it("serves on the socket of a service manager, and tells it how it goes", async () => {
  await using sandbox = await Sandbox.create();
  const notify = sandbox.path("notify");
  const server = await GomodfsServer.start({
    options: ["--http", "systemd"],
    environment: sandbox.environment,
    launcher: ["python3", "-c", LAUNCHER, notify],
  });
  await using _ = server;
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await ask(`${server.url}/healthz`)).toBe(200);
  const told = (): string => readFileSync(`${notify}.log`, "utf8");
  await server.until(() => told().includes("READY=1"));
  server.signal("SIGHUP");
  await server.until(() => /RELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1/.test(told()));
  expect(await server.stop()).toBe(0);
  expect(told()).toMatch(/STOPPING=1\n$/);
});

async function ask(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  get(url, { agent: false }, (response) => {
    response.resume().once("end", () => resolve(response.statusCode ?? 0));
  }).once("error", reject);
  return await promise;
}

async function askSecurely(
  url: string,
  { token, authority }: { readonly token: string; readonly authority: Buffer },
): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const headers = { authorization: `Bearer ${token}` };
  getSecurely(url, { agent: false, ca: authority, headers }, (response) => {
    response.resume().once("end", () => resolve(response.statusCode ?? 0));
  }).once("error", (error) => resolve(error.message));
  return await promise;
}
