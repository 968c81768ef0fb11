import { rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { git } from "./git_for_tests.ts";
import { hashObject } from "./object_id.ts";
import { REFS_PREFIX, refName } from "./ref_name.ts";
import { packRefs, type RefChanges, transactRefs } from "./ref_transaction.ts";
import { Refs } from "./refs.ts";
import { createRepository } from "./repository.ts";

const VALUE = hashObject("blob", Buffer.from("value"));
const OTHER = hashObject("blob", Buffer.from("other"));

function name(number: number) {
  return refName(parseModuleVersion(`example.com/m${number}`, "v1.0.0"), "mod");
}

describe("Refs", () => {
  test("sees each change, however quickly one follows the other", () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const refs = new Refs(repository);
    for (let number = 0; number < 500; number++) {
      const file = `${repository.refsDirectory}/${name(number).slice(REFS_PREFIX.length)}`;
      writeFileSync(file, `${VALUE}\n`);
      refs.refresh();
      expect(refs.get(name(number))).toBe(VALUE);
      rmSync(file);
      refs.refresh();
      expect(refs.get(name(number))).toBeUndefined();
    }
  });

  test("finds a ref that git packed since the last look", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const refs = new Refs(repository);
    await transactRefs(repository, refs, () => new Map([[name(1), VALUE]]));
    const later = new Refs(repository);
    // git packs only refs to objects that there are.
    git(directory.path, ["hash-object", "-w", "--stdin"], "value");
    git(directory.path, ["pack-refs", "--all"]);
    expect(later.get(name(1))).toBe(VALUE);
  });
});

describe("transactRefs()", () => {
  test("adds, changes and deletes loose and packed refs", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const refs = new Refs(repository);
    for (const [count, rewrittenBytes] of [
      [3, 0],
      [40, 0],
      [3, 1_000_000],
    ] as const) {
      const numbers = Array.from({ length: count }, (_, number) => number);
      const write = async (changes: RefChanges) =>
        await transactRefs(repository, refs, () => changes, rewrittenBytes);
      await write(new Map(numbers.map((n) => [name(n), VALUE])));
      expect(refs.names().size).toBe(count);
      expect(refs.looseCount).toBe(count === 3 && rewrittenBytes === 0 ? 3 : 0);
      await write(new Map([[name(1), OTHER]]));
      expect(refs.get(name(1))).toBe(OTHER);
      await write(new Map(numbers.map((n) => [name(n), undefined])));
      expect(refs.names().size).toBe(0);
      expect(new Refs(repository).names().size).toBe(0);
    }
  });

  test("does not wait for the lock of one ref that a killed process left", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const refs = new Refs(repository);
    writeFileSync(`${repository.refsDirectory}/${name(1).slice(REFS_PREFIX.length)}.lock`, "");
    const start = performance.now();
    await transactRefs(repository, refs, () => new Map([[name(1), VALUE]]), 0);
    expect(refs.get(name(1))).toBe(VALUE);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("loses no update of many that run at once", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    await Promise.all(
      Array.from({ length: 30 }, (_, number) =>
        transactRefs(repository, new Refs(repository), () => new Map([[name(number), VALUE]])),
      ),
    );
    expect(new Refs(repository).names().size).toBe(30);
  });
});

describe("packRefs()", () => {
  test("leaves no loose refs and changes no value", async () => {
    using directory = temporaryDirectory();
    const repository = createRepository(directory.path);
    const refs = new Refs(repository);
    await transactRefs(repository, refs, () => new Map([[name(1), VALUE]]), 0);
    await transactRefs(repository, refs, () => new Map([[name(2), OTHER]]), 0);
    await packRefs(repository, refs, 3);
    expect(refs.looseCount).toBe(2);
    await packRefs(repository, refs, 2);
    expect(refs.looseCount).toBe(0);
    expect([refs.get(name(1)), refs.get(name(2))]).toEqual([VALUE, OTHER]);
  });
});
