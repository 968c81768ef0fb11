import { readFileSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { directoryOffers } from "./directory_source.ts";
import {
  describeOffers,
  FILES,
  infoOf,
  proxyPath,
  writeFileAt,
  writeProxyFiles,
} from "./module_tree_for_tests.ts";

const M1 = parseModuleVersion("example.com/m", "v1.0.0");
const M2 = parseModuleVersion("example.com/m", "v1.1.0-RC.1");
const NESTED = parseModuleVersion("example.com/m/Sub/v2", "v2.0.0");

describe("directoryOffers()", () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  afterEach(() => {
    directory[Symbol.dispose]();
  });

  const offered = (): string[] => describeOffers(directoryOffers(directory.path));

  test("finds the versions of a GOPROXY tree, and which of their files there are", () => {
    for (const id of [M1, NESTED]) writeProxyFiles(directory.path, id);
    writeFileAt(`${proxyPath(directory.path, M2)}.mod`, "module example.com/m\n");
    expect(offered()).toEqual([
      "example.com/m/Sub/v2@v2.0.0 info mod zip",
      "example.com/m@v1.0.0 info mod zip",
      "example.com/m@v1.1.0-RC.1 mod",
    ]);
  });

  test("passes over what a go command keeps beside them", () => {
    writeProxyFiles(directory.path, M1);
    const versions = directory.join("example.com/m/@v");
    for (const name of ["list", "list.lock", "master.info", "v1.0.0.lock", "v1.0.0.ziphash"]) {
      writeFileAt(`${versions}/${name}`, "");
    }
    writeFileAt(`${versions}/v1.0.0.zip123.tmp`, "");
    writeFileAt(directory.join("sumdb/sum.example.com/lookup/@v/v1.0.0.mod"), "");
    expect(offered()).toEqual(["example.com/m@v1.0.0 info mod zip"]);
  });

  test("finds a tree below the directory by its zips, and go.mod files of the same tree", () => {
    const root = directory.join("mirror.example.org/copy");
    writeProxyFiles(root, M1);
    writeFileAt(`${proxyPath(root, NESTED)}.mod`, "module example.com/m/Sub/v2\n");
    expect(offered()).toEqual([
      "example.com/m/Sub/v2@v2.0.0 mod",
      "example.com/m@v1.0.0 info mod zip",
    ]);
  });

  test("finds zips of any name by what they say themselves", () => {
    writeFileAt(directory.join("dist/one.zip"), writeModuleZip(M1, FILES));
    writeFileAt(directory.join("dist/deeper/source.zip"), writeModuleZip(NESTED, FILES));
    writeFileAt(directory.join("not a module/@v/two.zip"), writeModuleZip(M2, FILES));
    expect(offered()).toEqual([
      "example.com/m/Sub/v2@v2.0.0 zip",
      "example.com/m@v1.0.0 zip",
      "example.com/m@v1.1.0-RC.1 zip",
    ]);
  });

  test("names a zip that is no module's", () => {
    const zip = writeFileAt(directory.join("other.zip"), "PK");
    expect(offered()).toEqual([`unreadable ${zip}`]);
  });

  test("offers a zip in the place of another module as that, so that it is refused", () => {
    writeFileAt(`${proxyPath(directory.path, M1)}.zip`, writeModuleZip(NESTED, FILES));
    expect(offered()).toEqual(["example.com/m@v1.0.0 zip"]);
  });

  test("follows links to files, and not to directories or to nothing", () => {
    const zip = writeFileAt(directory.join("out", "m.data"), writeModuleZip(M1, FILES));
    symlinkSync(zip, directory.join("linked.zip"));
    symlinkSync(directory.path, directory.join("out", "loop"));
    symlinkSync(directory.join("missing"), directory.join("dangling.zip"));
    expect(offered()).toEqual(["example.com/m@v1.0.0 zip"]);
  });

  test("reads what it offers, within bounds", async () => {
    writeProxyFiles(directory.path, M1);
    const [offer] = [...directoryOffers(directory.path)];
    if (offer?.kind !== "module") throw new Error("no module is offered");
    expect(Buffer.from((await offer.info?.read()) ?? "").toString()).toBe(infoOf(M1));
    const zip = writeModuleZip(M1, FILES);
    const bytes = new Uint8Array(offer.zip?.size() ?? 0);
    await offer.zip?.readInto(bytes);
    await offer.zip?.writeTo(directory.join("copy"));
    expect(Buffer.from(bytes).equals(zip)).toBe(true);
    expect(readFileSync(directory.join("copy")).equals(zip)).toBe(true);
    writeFileAt(`${proxyPath(directory.path, M1)}.info`, Buffer.alloc(1024 * 1024 + 1));
    await expect(offer.info?.read()).rejects.toEqual(rejection("TOO_LARGE", "v1.0.0.info"));
  });

  test("a directory that cannot be read is an error", async () => {
    const list = async () => [...directoryOffers(directory.join("missing"))];
    await expect(list()).rejects.toEqual(rejection("UPSTREAM", "missing"));
  });
});
