import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { parseModuleVersion } from "../module/path.ts";
import { readZipModule } from "./zip_module.ts";

describe("readZipModule()", () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  afterEach(() => {
    directory[Symbol.dispose]();
  });

  const write = (bytes: Uint8Array): string => {
    const path = directory.join("some.zip");
    writeFileSync(path, bytes);
    return path;
  };

  test.each([
    ["example.com/m", "v1.0.0"],
    ["github.com/Azure/sdk/v2", "v2.0.0-RC.1"],
    ["example.com/old", "v2.0.0+incompatible"],
  ])("reads %s@%s", (path, version) => {
    const id = parseModuleVersion(path, version);
    expect(readZipModule(write(writeModuleZip(id, { "a/b@c/d.go": "" })))).toEqual(id);
  });

  test.each([
    { name: "README.md", says: "not below MODULE@VERSION/" },
    { name: "example.com/m@v1.0.0", says: "not below MODULE@VERSION/" },
    { name: "example.com/m@v1.0/a.go", says: "not canonical" },
    { name: "../../etc@v1.0.0/passwd", says: "malformed module path" },
    { name: "example.com/m@v2.0.0/a.go", says: "invalid version" },
  ])("refuses a zip that begins with $name", ({ name, says }) => {
    const path = write(writeZip([{ name, content: "" }]));
    expect(() => readZipModule(path)).toThrow(`${path} is not a module zip`);
    expect(() => readZipModule(path)).toThrow(says);
  });

  test("names what cannot be read", async () => {
    const missing = async () => readZipModule(directory.join("missing.zip"));
    await expect(missing()).rejects.toEqual(rejection("UPSTREAM", "missing.zip"));
    const folder = async () => readZipModule(directory.path);
    await expect(folder()).rejects.toEqual(rejection("UPSTREAM", "is not an ordinary file"));
  });

  test("refuses any other bytes", () => {
    const honest = writeModuleZip(parseModuleVersion("example.com/m", "v1.0.0"), { "a.go": "" });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(honest.length).map((length) => honest.slice(0, length)),
    );
    fc.assert(
      fc.property(bytes, (hostile) => {
        expect(["example.com/m", "INVALID"]).toContain(outcomeOf(write(hostile)));
      }),
    );
  });
});

/** The path of the module, or the code of the error. */
function outcomeOf(zip: string): string {
  try {
    return readZipModule(zip).path;
  } catch (error) {
    if (isGomodfsError(error)) return error.code;
    throw error;
  }
}
