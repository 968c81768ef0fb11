import { chmod, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { flock, LOCK_EX } from "../lib/flock.ts";
import { FileConfig } from "./file_config.ts";

const FILE = "example.test/sumdb/latest";
let directory: string;
let config: FileConfig;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sumdb-config-"));
  config = new FileConfig(join(directory, "pkg", "sumdb"));
});

afterEach(() => rm(directory, { recursive: true }));

const path = () => join(directory, "pkg/sumdb", FILE);
const bytes = (text: string) => Buffer.from(text);
const read = async () => Buffer.from(await config.readConfig(FILE)).toString();

test("what was never written is empty, and is not made by reading", async () => {
  expect(await read()).toBe("");
  await expect(readFile(path())).rejects.toMatchObject({ code: "ENOENT" });
});

test("a file is replaced only if it is what the writer has seen", async () => {
  expect(await config.writeConfig(FILE, bytes(""), bytes("a longer first tree"))).toBe("written");
  expect(await read()).toBe("a longer first tree");
  expect(await config.writeConfig(FILE, bytes("other"), bytes("second"))).toBe("conflict");
  expect(await read()).toBe("a longer first tree");
  expect(await config.writeConfig(FILE, bytes("a longer first tree"), bytes("second"))).toBe(
    "written",
  );
  expect(await readFile(path(), "utf8")).toBe("second");
});

test("an empty file is taken as one that is not there, as in cmd/go", async () => {
  await mkdir(join(directory, "pkg/sumdb/example.test/sumdb"), { recursive: true });
  await writeFile(path(), "");
  expect(await config.writeConfig(FILE, bytes("was more"), bytes("again"))).toBe("written");
  expect(await read()).toBe("again");
});

test("of many writers who have seen the same, one writes", async () => {
  await config.writeConfig(FILE, bytes(""), bytes("0"));
  const writers = Array.from({ length: 20 }, (_, i) =>
    config.writeConfig(FILE, bytes("0"), bytes(`tree ${i}`)),
  );
  const outcomes = await Promise.all(writers);
  expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1);
  expect(await read()).toBe(`tree ${outcomes.indexOf("written")}`);
});

test("reading and writing wait for the lock of the file", async () => {
  await config.writeConfig(FILE, bytes(""), bytes("0"));
  const handle = await open(path(), "r+");
  await flock(handle.fd, LOCK_EX);
  const order: string[] = [];
  const waiting = [
    config.readConfig(FILE).then(() => order.push("read")),
    config.writeConfig(FILE, bytes("0"), bytes("1")).then(() => order.push("written")),
  ];
  await new Promise((resolve) => setTimeout(resolve, 100));
  order.push("unlocked");
  await handle.close();
  await Promise.all(waiting);
  expect(order[0]).toBe("unlocked");
  expect(order).toHaveLength(3);
});

test("a huge file is not read", async () => {
  await config.writeConfig(FILE, bytes(""), bytes("0"));
  await truncate(path(), 2 ** 33);
  await expect(config.readConfig(FILE)).rejects.toMatchObject({ code: "TOO_LARGE" });
});

test("a directory that cannot be made is named", async () => {
  await writeFile(join(directory, "pkg"), "");
  await expect(config.writeConfig(FILE, bytes(""), bytes("0"))).rejects.toMatchObject({
    code: "STORE",
    hint: `make ${path()} readable and writable`,
  });
  await chmod(join(directory, "pkg"), 0o644);
});

test("names outside are refused", async () => {
  await expect(config.readConfig("../../x")).rejects.toMatchObject({ code: "INVALID" });
  await expect(config.writeConfig("../x", bytes(""), bytes(""))).rejects.toMatchObject({
    code: "INVALID",
  });
});
