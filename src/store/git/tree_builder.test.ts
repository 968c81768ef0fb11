import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { git, gitText } from "./git_for_tests.ts";
import { hashObject, objectIdFromBytes, objectIdToBytes } from "./object_id.ts";
import { buildTrees } from "./tree_builder.ts";

const EMPTY_BLOB = hashObject("blob", new Uint8Array(0));

/** Names around the slash in ASCII, where git's order of directories differs from that of plain names. */
const fileNames = fc
  .uniqueArray(
    fc
      .array(fc.stringMatching(/^[a]{1,2}[-.0é ]{0,2}$/), { minLength: 1, maxLength: 4 })
      .map((path) => path.join("/")),
    { maxLength: 30 },
  )
  .map((names) => names.filter((name) => !names.some((other) => other.startsWith(`${name}/`))))
  .map((names) => names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));

test("buildTrees() makes the trees that git makes", () => {
  using directory = temporaryDirectory();
  git(directory.path, ["init", "-q", "--bare"]);
  git(directory.path, ["hash-object", "-w", "--stdin"], "");
  fc.assert(
    fc.property(fileNames, (names) => {
      const trees = buildTrees(names.map((name) => ({ name, id: objectIdToBytes(EMPTY_BLOB) })));
      const index = names.map((name) => `100644 ${EMPTY_BLOB}\t${name}\0`).join("");
      git(directory.path, ["read-tree", "--empty"]);
      git(directory.path, ["update-index", "-z", "--index-info"], index);
      const root = trees.at(-1);
      expect(root && objectIdFromBytes(root.id)).toBe(gitText(directory.path, ["write-tree"]));
    }),
    { numRuns: 40 },
  );
});

test("buildTrees() gives the empty tree for no files", () => {
  const [tree] = buildTrees([]);
  expect(tree && objectIdFromBytes(tree.id)).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
});
