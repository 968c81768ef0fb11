import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { Adler32 } from "../adler32.ts";
import { git } from "./git_for_tests.ts";
import { NewObjects } from "./new_objects.ts";
import { ObjectDatabase } from "./object_database.ts";
import { hashObject, objectIdToBytes } from "./object_id.ts";
import { createRepository } from "./repository.ts";

const CONTENT = Buffer.from("the content of a file");
const ID = hashObject("blob", CONTENT);

/** What somebody who found a SHA-1 collision would bring: another content under the id of the first. */
function colliding(content: string) {
  return {
    type: "blob" as const,
    id: objectIdToBytes(ID),
    size: content.length,
    stream: { length: deflateSync(content).length, pieces: () => [deflateSync(content)] },
    sha256: createHash("sha256").update(content).digest(),
  };
}

const adler32 = new Adler32();

describe("NewObjects", () => {
  test("refuses a content that collides with one of the same pack or a stored one", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const objects = new NewObjects(new ObjectDatabase(repository), adler32, true);
    expect(objects.add("blob", CONTENT, "deflated")).toBe(ID);
    expect(() => objects.addStream(colliding("another"))).toThrow("two different contents");
    await objects.write(repository);
    const database = new ObjectDatabase(repository);
    const later = new NewObjects(database, adler32, true);
    for (const content of ["another", "the content of a fiLe"]) {
      expect(() => later.addStream(colliding(content))).toThrow(`object id ${ID}`);
    }
    expect(later.count).toBe(0);
    database.close();
  });

  test("leaves out what is in a pack of ours and names the pack", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const first = new NewObjects(new ObjectDatabase(repository), adler32, true);
    first.add("blob", CONTENT, "deflated");
    const name = await first.write(repository);
    const database = new ObjectDatabase(repository);
    const second = new NewObjects(database, adler32, true);
    second.add("blob", CONTENT, "stored");
    expect(second.count).toBe(0);
    expect([...second.reliedOn]).toEqual([name]);
    expect(await second.write(repository)).toBeUndefined();
    const third = new NewObjects(database, adler32, false);
    third.add("blob", CONTENT, "stored");
    expect(third.count).toBe(1);
    database.close();
  });

  test("writes again what only git has, loose or in a pack that git may drop", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    git(directory.path, [
      "update-ref",
      "refs/x",
      git(directory.path, ["hash-object", "-w", "--stdin"], CONTENT).toString().trim(),
    ]);
    git(directory.path, ["repack", "-adq"]);
    const objects = new NewObjects(new ObjectDatabase(repository), adler32, true);
    objects.add("blob", CONTENT, "deflated");
    expect(objects.count).toBe(1);
  });
});
