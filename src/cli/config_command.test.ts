import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProgramResult, runProgram } from "../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseCredentials } from "../http/access/credential_set.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

/** Runs the program from its sources. */
async function gomodfs(args: readonly string[], input?: string): Promise<ProgramResult> {
  const entry = new URL("./gomodfs.ts", import.meta.url).pathname;
  return await runProgram([process.execPath, entry, ...args], {
    environment: { PATH: process.env["PATH"], HOME: directory.path },
    ...(input === undefined ? {} : { input }),
  });
}

function write(name: string, text: string): string {
  const file = directory.join(name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

describe("gomodfs config", () => {
  it("check says that a file is right", async () => {
    const file = write("g.toml", '[http]\nlisten = "localhost:80"\n');
    expect(await gomodfs(["config", "check", file])).toEqual({
      status: 0,
      stdout: `${file} is right\n`,
      stderr: "",
    });
  });

  it("check says everything that is wrong, and where", async () => {
    const file = write("g.toml", 'stor = "/x"\n[log]\nlevel = 1\n');
    const { status, stdout, stderr } = await gomodfs(["config", "check", file]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.split("\n")).toEqual([
      `${file}:1:1: unknown key "stor": did you mean "store"?`,
      `${file}:3:9: log.level: must be one of "debug", "info", "warn", "error", "silent"`,
      "",
    ]);
  });

  it("check reads the files that it names, and looks for open doors", async () => {
    const credentials = write("credentials", "oops\n");
    const certificate = write("cert.pem", "none");
    const file = write(
      "g.toml",
      `[http]\nlisten = [":80"]\ncredentials = "${credentials}"\n[http.tls]\ncertificate = "${certificate}"\nkey = "${certificate}"\n`,
    );
    const { status, stderr } = await gomodfs(["config", "check", file]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${certificate} holds 0 certificates`);
    expect(stderr).toContain(`${credentials}:1: the line is not NAME HASH`);
    const open = await gomodfs(["config", "check", write("h.toml", '[http]\nlisten = ":80"\n')]);
    expect(open.status).toBe(1);
    expect(open.stderr).toContain("--allow-anonymous");
  });

  it("show prints what holds, and from where", async () => {
    const file = write("g.toml", 'store = "/srv/gomodfs"\n');
    const { status, stdout } = await gomodfs(["config", "show", file]);
    expect(status).toBe(0);
    expect(stdout).toContain(`store = "/srv/gomodfs"  # ${file}:1\n`);
    expect(stdout).toContain('max_zip_memory = "32MiB"  # default\n');
  });

  it("of a file that is not there is an error of usage", async () => {
    const { status, stderr } = await gomodfs(["config", "show", directory.join("nowhere")]);
    expect(status).toBe(2);
    expect(stderr).toContain("there is no file of configuration");
  });
});

describe("gomodfs credential", () => {
  it("makes a token, and the line that lets it in", async () => {
    const args = ["credential", "ci", "--allow", "corp.test/a", "--allow", "*.test"];
    const { status, stdout, stderr } = await gomodfs(args);
    expect(status).toBe(0);
    const [, token = ""] = /machine HOST login ci password (\S+)\n/.exec(stderr) ?? [];
    const found = parseCredentials(stdout, "clients").findToken(token);
    expect(found).toMatchObject({ name: "ci", patterns: ["corp.test/a", "*.test"] });
    expect(stdout).not.toContain(token);
  });

  it("reads a password, and keeps its hash only", async () => {
    const { status, stdout, stderr } = await gomodfs(
      ["credential", "ann", "--password"],
      "correct horse\n",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ann \$scrypt\$ln=14,r=8,p=5\$\S+\n$/);
    expect(parseCredentials(stdout, "clients").findPassword("ann")?.name).toBe("ann");
  });

  it.each([
    [["c:i"], "", "is no name of a client"],
    [["ci", "--allow", "[a"], "", "is no pattern of module paths"],
    [["ci", "--password"], "short\n", "shorter than 8 characters"],
    [["ci", "--password"], "two lines\nof it\n", "more than one line"],
    [["ci", "--password"], "x".repeat(5_000), "longer than 1024 bytes"],
  ])("%j with %.9j is refused", async (args, input, message) => {
    const { status, stdout, stderr } = await gomodfs(["credential", ...args], input);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
