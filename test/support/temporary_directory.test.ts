import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "./temporary_directory.ts";

describe("TemporaryDirectory", () => {
  it("removes read-only trees, and nothing behind links", () => {
    using outside = temporaryDirectory();
    writeFileSync(outside.join("kept"), "");
    const directory = temporaryDirectory();
    mkdirSync(directory.join("module/sub"), { recursive: true });
    writeFileSync(directory.join("module/sub/file"), "", { mode: 0o444 });
    symlinkSync(outside.path, directory.join("module/link"));
    chmodSync(directory.join("module/sub"), 0o555);
    chmodSync(directory.join("module"), 0o555);
    directory[Symbol.dispose]();
    expect(existsSync(directory.path)).toBe(false);
    expect(existsSync(outside.join("kept"))).toBe(true);
  });
});
