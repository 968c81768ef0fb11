import { chmodSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "./support/sandbox.ts";

const { EROFS } = constants.errno;
const MODULE = "github.com/pkg/errors";
const DOWNLOAD = `cache/download/${MODULE}/@v`;
const FILES = [
  { directory: `${MODULE}@v0.9.1`, file: `${MODULE}@v0.9.1/errors.go` },
  { directory: "github.com", file: `${MODULE}@v0.9.1/go113.go` },
  { directory: DOWNLOAD, file: `${DOWNLOAD}/v0.9.1.info` },
  { directory: DOWNLOAD, file: `${DOWNLOAD}/list` },
  { directory: "", file: `${DOWNLOAD}/v0.9.1.zip` },
] as const;
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;

describe("the mount", () => {
  let sandbox: Sandbox;
  let mounted: string;
  let program: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    // Nobody is to get as far as the mount.
    chmodSync(sandbox.path(), 0o755);
    program = sandbox.path("write_attempts");
    const directory = new URL("testdata/write_attempts", import.meta.url).pathname;
    await sandbox.go(["build", "-o", program, "."], { directory });
    ({ directory: mounted } = await sandbox.mount({ options: ["--allow-other"] }));
    // The list is there as soon as one go.mod is.
    const files = [`${DOWNLOAD}/v0.9.1.mod`, ...FILES.map(({ file }) => file)];
    await sandbox.run(["wc", "-c", ...files.map((file) => join(mounted, file))]);
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  it.each(FILES)("refuses with EROFS all that root does to write to $file", async (place) => {
    const attempts = await attempt([program], place);
    expect(attempts.length).toBeGreaterThan(20);
    expect(attempts.filter(({ errno }) => errno !== EROFS)).toEqual([]);
  });

  it.each(FILES)("refuses with EROFS all that user 65534 does to write to $file", async (place) => {
    const attempts = await attempt([...NOBODY, program], place);
    expect(attempts.length).toBeGreaterThan(20);
    expect(attempts.filter(({ errno }) => errno !== EROFS)).toEqual([]);
  });

  it("can be read by another user with --allow-other", async () => {
    const file = join(mounted, `${MODULE}@v0.9.1/errors.go`);
    const text = await sandbox.run([...NOBODY, "cat", file]);
    expect(text).toBe(await readFile(file, "utf8"));
    // Also what is not resident yet.
    const other = join(mounted, "github.com/kr/pty@v1.1.1");
    expect(await sandbox.run([...NOBODY, "ls", other])).toContain("pty_linux.go");
  });

  it("cannot be read by another user without --allow-other", async () => {
    const { directory } = await sandbox.mount({ name: "private" });
    await expect(sandbox.run([...NOBODY, "ls", directory])).rejects.toThrow(/Permission denied/);
  });

  async function attempt(
    argv: readonly [string, ...string[]],
    { directory, file }: (typeof FILES)[number],
  ): Promise<{ readonly name: string; readonly errno: number }[]> {
    const where = [directory === "" ? mounted : join(mounted, directory), join(mounted, file)];
    const output = await sandbox.run([...argv, ...where], { directory: dirname(mounted) });
    const lines = output.trimEnd().split("\n");
    return lines.map((line) => {
      const [name = "", errno = ""] = line.split(": ");
      return { name, errno: Number(errno) };
    });
  }
});
