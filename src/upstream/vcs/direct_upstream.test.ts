import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { parseModulePath, parseModuleVersion } from "../../module/path.ts";
import { noCredentials } from "../request_credentials.ts";
import { GitForge } from "../testdata/git_forge.ts";
import { DirectUpstream } from "./direct_upstream.ts";

const id = parseModuleVersion("corp.test/lib", "v1.0.0");

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;
let forge: GitForge;
let told: string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  forge = stack.use(await GitForge.start());
  told = [];
  await forge.commit("lib", "v1.0.0", {
    "go.mod": "module corp.test/lib\n",
    "lib.go": "package lib\n",
    "sub/go.mod": "module corp.test/lib/sub\n",
  });
});

afterEach(async () => {
  await stack.disposeAsync();
});

function openDirect(behind = forge, clones = directory.join("vcs")): DirectUpstream {
  const tell = (message: string): void => void told.push(message);
  const log: Logger = { debug: tell, info: tell, warn: tell, error: tell };
  return stack.use(
    new DirectUpstream({
      settings: { GOINSECURE: "corp.test", GOPRIVATE: "", GOVCS: "", goCommand: undefined },
      environment: {
        PATH: process.env["PATH"],
        HOME: directory.path,
        ...behind.environment,
      },
      userAgent: "gomodfs/test",
      credentials: noCredentials,
      cloneDirectory: clones,
      goDirectory: directory.join("go"),
      spool: { directory: directory.join("spool"), maxMemory: 1 << 20 },
      log,
    }),
  );
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return await answer.then(
    () => "none",
    (error: unknown) => (isGomodfsError(error) ? error.code : String(error)),
  );
}

/** Questions that git asked a forge: for references and for packs. */
function fetches(behind: GitForge): number {
  return behind.requests.filter((request) => request.startsWith("POST")).length;
}

describe("DirectUpstream", () => {
  it("asks a host and its repository once for all who want a version at a time", async () => {
    const another = stack.use(await GitForge.start());
    await another.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
    await openDirect(another, directory.join("others")).source.info(id);
    const { source } = openDirect();
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => (await source.info(id)).toString()),
    );
    expect(new Set(answers).size).toBe(1);
    expect(forge.requestsMatching(/go-get/)).toBe(1);
    expect(fetches(forge)).toBe(fetches(another));
  });

  it("asks the repository nothing more for the rest of a version", async () => {
    const { source } = openDirect();
    await source.info(id);
    const asked = forge.requests.length;
    await source.goMod(id);
    await source.versions(id.path);
    await source.latest(id.path);
    expect(forge.requests.length).toBe(asked);
  });

  it("keeps clones for the next time", async () => {
    const first = openDirect();
    await first.source.zip(id);
    await first.close();
    const before = fetches(forge);
    await openDirect().source.zip(id);
    // Which references there are is asked again, and no objects.
    expect(fetches(forge) - before).toBe(1);
  });

  it("gives up when nobody waits any longer, and leaves nothing behind", async () => {
    const { source } = openDirect();
    forge.setPage("corp.test/slow", () => {});
    const controller = new AbortController();
    const { signal } = controller;
    const slow = source.latest(parseModulePath("corp.test/slow"), { signal });
    const zip = source.zip(id, { signal });
    controller.abort();
    expect(await codeOf(slow)).toBe("CANCELLED");
    expect(await codeOf(zip)).toBe("CANCELLED");
    expect(await readdir(directory.join("spool")).catch(() => [])).toEqual([]);
  });

  it("ends what is under way when it is closed", async () => {
    const direct = openDirect();
    forge.setPage("corp.test/slow", () => {});
    const slow = direct.source.latest(parseModulePath("corp.test/slow"));
    const code = codeOf(slow);
    await direct.close();
    expect(await code).toMatch(/^(CANCELLED|UPSTREAM)$/);
    expect(await codeOf(direct.source.info(id))).not.toBe("none");
  });

  it("does not take one version for another", async () => {
    const { source } = openDirect();
    await forge.commit("lib", "v2.0.0", { "lib.go": "package lib // 2\n" });
    const incompatible = parseModuleVersion("corp.test/lib", "v2.0.0+incompatible");
    expect(await codeOf(source.info(incompatible))).toBe("NOT_FOUND");
    expect(await codeOf(source.revision(id.path, "v3"))).toBe("NOT_FOUND");
  });

  it("names each version once", async () => {
    const { source } = openDirect();
    await source.info(id);
    await source.goMod(id);
    await source.versions(id.path);
    expect(told).toEqual(["fetching corp.test/lib@v1.0.0 directly from http://corp.test/lib.git"]);
  });

  it("says that other systems need a go command", async () => {
    forge.setImports("corp.test/hg", "corp.test/hg hg https://corp.test/hg");
    const answer = openDirect().source.versions(parseModulePath("corp.test/hg"));
    await expect(answer).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message:
        "corp.test/hg would have to come directly from hg, which gomodfs cannot do without a go command",
    });
  });
});
