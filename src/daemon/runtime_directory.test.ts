import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { controlSocketPath, makeRuntimeDirectory } from "./runtime_directory.ts";

const effectiveUid = process.getuid?.() ?? 0;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "gomodfs-runtime-"));
});

afterEach(() => rmSync(root, { recursive: true }));

function make(environment: Record<string, string> = {}, temporaryDirectory = root): string {
  return makeRuntimeDirectory({ environment, temporaryDirectory, uid: 1000, effectiveUid });
}

test("is below XDG_RUNTIME_DIR, else below the temporary directory, and private", () => {
  const runtime = join(root, "run");
  expect(make({ XDG_RUNTIME_DIR: runtime })).toBe(join(runtime, "gomodfs"));
  expect(make({ XDG_RUNTIME_DIR: "relative" })).toBe(join(root, "gomodfs-1000"));
  expect(make()).toBe(join(root, "gomodfs-1000"));
  expect(statSync(join(root, "gomodfs-1000")).mode & 0o777).toBe(0o700);
  // A second daemon uses the same.
  expect(make()).toBe(join(root, "gomodfs-1000"));
});

test("leaves out what is too long for a socket's address", () => {
  const long = join(root, "x".repeat(80));
  expect(make({ XDG_RUNTIME_DIR: long })).toBe(join(root, "gomodfs-1000"));
  expect(() => make({}, long)).toThrow(/too long/);
  const path = controlSocketPath(make(), 2 ** 22, "0123456789abcdef");
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
});

test("refuses a directory that others may enter, or that is a link", () => {
  const directory = join(root, "gomodfs-1000");
  const isSecurity: unknown = expect.toSatisfy((error) => isGomodfsError(error, "SECURITY"));
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  expect(() => make()).toThrow(isSecurity);
  rmSync(directory, { recursive: true });
  mkdirSync(join(root, "elsewhere"), { mode: 0o700 });
  symlinkSync(join(root, "elsewhere"), directory);
  expect(() => make()).toThrow(isSecurity);
});

test("refuses a directory of another user's", () => {
  const settings = { environment: {}, temporaryDirectory: root, uid: 1000 };
  make();
  const asAnother = () => makeRuntimeDirectory({ ...settings, effectiveUid: effectiveUid + 1 });
  expect(asAnother).toThrow(/not a directory of this user's alone/);
});
