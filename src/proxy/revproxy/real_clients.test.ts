import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { describeTree } from "../../../test/support/directory_tree.ts";
import { type ProgramResult, runProgram, runSuccessfully } from "../../../test/support/program.ts";
import { startReplayProxy } from "../../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { GitForge } from "../../upstream/testdata/git_forge.ts";
import { ProxyFixture } from "./testdata/proxy_fixture.ts";
import { relayTo } from "./testdata/relay.ts";

const MODULES = ["rsc.io/quote@v1.5.2", "rsc.io/sampler@v1.3.0", "golang.org/x/text@v0.14.0"];

/** As registries answer: versions are for ever; what there is of them is asked for again. */
function registry(port: number): RequestListener {
  const relay = relayTo(port, { "cache-control": "public, max-age=86400" });
  return (request, response) => {
    if (request.url?.endsWith("/@v/list") !== true) relay(request, response);
    else response.writeHead(200, { etag: '"list"' }).end("v1.5.2\n");
  };
}

async function go(
  fixture: ProxyFixture,
  home: TemporaryDirectory,
  variables: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<ProgramResult> {
  return await runProgram(["go", ...args], {
    directory: home.path,
    environment: {
      PATH: process.env["PATH"],
      HOME: home.path,
      GOPATH: home.join("go"),
      GOFLAGS: "-modcacherw",
      GOPROXY: fixture.url(""),
      GONOSUMDB: "*",
      GOTOOLCHAIN: "local",
      ...fixture.clientEnvironment,
      ...variables,
    },
  });
}

describe("ReverseProxy with real clients", () => {
  it("gives the go command its modules, and again when the registry is gone", async () => {
    const replay = await startReplayProxy();
    try {
      await using fixture = await ProxyFixture.start(registry(replay.port));
      using first = temporaryDirectory();
      const download = ["mod", "download", "-json", ...MODULES];
      expect(await go(fixture, first, {}, download)).toMatchObject({ status: 0 });
      const list = ["list", "-m", "-versions", "rsc.io/quote@v1.5.2"];
      const listed = await go(fixture, first, {}, list);
      expect(listed).toMatchObject({ status: 0, stderr: "" });
      const asked = fixture.asked.length;
      await fixture.stopOrigin();
      using second = temporaryDirectory();
      expect(await go(fixture, second, {}, download)).toMatchObject({ status: 0 });
      expect(await go(fixture, second, {}, list)).toEqual(listed);
      const tree = "go/pkg/mod/cache/download/rsc.io";
      expect(await describeTree(second.join(tree))).toEqual(await describeTree(first.join(tree)));
      expect(fixture.asked).toHaveLength(asked);
      const missing = await go(fixture, second, {}, ["mod", "download", "rsc.io/quote@v1.5.1"]);
      expect(missing.status).not.toBe(0);
    } finally {
      await replay.close();
    }
  });

  it("is not believed by a go command that was not told to", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end());
    using home = temporaryDirectory();
    const system = { SSL_CERT_FILE: "", SSL_CERT_DIR: "" };
    const untold = await go(fixture, home, system, ["mod", "download", "rsc.io/quote@v1.5.2"]);
    expect(untold.stderr).toContain("certificate signed by unknown authority");
    const proxy = { GOPROXY: "https://unlisted.test" };
    const unlisted = await go(fixture, home, proxy, ["mod", "download", "rsc.io/quote@v1.5.2"]);
    expect(unlisted.stderr).toContain("Forbidden");
  });

  it("lets git clone", async () => {
    await using forge = await GitForge.start();
    await forge.commit("lib", "v1.0.0", {
      "go.mod": "module corp.test/lib\n",
      "a.go": "package lib\n",
    });
    const { port } = new URL(forge.environment["HTTP_PROXY"] ?? "");
    await using fixture = await ProxyFixture.start(relayTo(Number(port)));
    using home = temporaryDirectory();
    const { HTTPS_PROXY, SSL_CERT_FILE } = fixture.clientEnvironment;
    await runSuccessfully(["git", "clone", "--quiet", fixture.url("/lib.git"), home.join("lib")], {
      environment: {
        PATH: process.env["PATH"],
        HOME: home.path,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
        https_proxy: HTTPS_PROXY,
        GIT_SSL_CAINFO: SSL_CERT_FILE,
      },
    });
    expect(readFileSync(home.join("lib/a.go"), "utf8")).toBe("package lib\n");
    expect(fixture.asked.some((request) => request.startsWith("POST /lib.git/"))).toBe(true);
  });
});
