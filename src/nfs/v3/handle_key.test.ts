import { statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { handleKey } from "./handle_key.ts";

test("handleKey() is made once, for the owner only, however many ask", async () => {
  using directory = temporaryDirectory();
  const state = directory.join("state");
  const keys = await Promise.all(Array.from({ length: 8 }, async () => await handleKey(state)));
  expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
  expect(await handleKey(state)).toEqual(keys[0]);
  expect(keys[0]?.length).toBe(32);
  expect(await readdir(state)).toEqual(["nfs_handle_key"]);
  expect(statSync(directory.join("state", "nfs_handle_key")).mode & 0o777).toBe(0o600);
});

test("handleKey() refuses what is no key", async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.join("nfs_handle_key"), "short");
  await expect(handleKey(directory.path)).rejects.toMatchObject({ code: "STORE" });
});
