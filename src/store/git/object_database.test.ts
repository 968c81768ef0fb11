import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { git, gitText } from "./git_for_tests.ts";
import { ObjectDatabase } from "./object_database.ts";
import { type ObjectId, parseObjectId } from "./object_id.ts";
import { openRepository } from "./repository.ts";

/** A repository with many versions of a file, which git stores as chains of deltas, and the ids of all its objects. */
function makeRepository(directory: string): Map<ObjectId, string> {
  git(directory, ["init", "-q", "--bare"]);
  const lines = Array.from({ length: 2000 }, (_, line) => `line ${line} ${line * 7919}\n`);
  for (let version = 0; version < 30; version++) {
    lines[version * 60] = `changed in version ${version}\n`;
    const blob = gitText(directory, ["hash-object", "-w", "--stdin"], lines.join(""));
    git(directory, ["update-ref", `refs/versions/${version}`, blob]);
  }
  const tree = gitText(
    directory,
    ["mktree"],
    `100644 blob ${gitText(directory, ["rev-parse", "refs/versions/3"])}\tfile\n`,
  );
  git(directory, ["update-ref", "refs/tree", tree]);
  return objects(directory);
}

function objects(directory: string): Map<ObjectId, string> {
  const listing = gitText(directory, ["cat-file", "--batch-all-objects", "--batch-check"]);
  return new Map(
    listing.split("\n").map((line) => {
      const [id = "", type = ""] = line.split(" ");
      const parsed = parseObjectId(id);
      if (parsed === undefined) throw new Error(`git cat-file says ${line}`);
      return [parsed, type];
    }),
  );
}

/** The objects that the database reads otherwise than git. */
function differing(directory: string, database: ObjectDatabase, ids: Map<ObjectId, string>) {
  return [...ids].filter(([id, type]) => {
    const object = database.read(id);
    const expected = git(directory, ["cat-file", type, id]);
    return object.type !== type || Buffer.compare(object.content, expected) !== 0;
  });
}

describe("ObjectDatabase", () => {
  test("reads loose objects, offset deltas and reference deltas as git does", () => {
    using directory = temporaryDirectory();
    const ids = makeRepository(directory.path);
    const database = new ObjectDatabase(openRepository(directory.path));
    expect(differing(directory.path, database, ids)).toEqual([]);
    git(directory.path, ["repack", "-adfq", "--depth=40"]);
    expect(differing(directory.path, database, ids)).toEqual([]);
    git(directory.path, ["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"]);
    expect(differing(directory.path, database, ids)).toEqual([]);
    database.close();
    const again = new ObjectDatabase(openRepository(directory.path));
    expect(differing(directory.path, again, ids)).toEqual([]);
    again.close();
  });

  test("does not find what is not there", () => {
    using directory = temporaryDirectory();
    const [[id] = []] = makeRepository(directory.path);
    const database = new ObjectDatabase(openRepository(directory.path));
    if (id === undefined) throw new Error("the repository is empty");
    rmSync(directory.join("objects", id.slice(0, 2)), { recursive: true });
    expect(database.find(id)).toBeUndefined();
    expect(() => database.read(id)).toThrow(`object ${id} is missing`);
    database.close();
  });
});
