import { hash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { QueryStore } from "./query_store.ts";

const QUESTION = "example.com/m/@v/list";
const ASKED = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it("QueryStore gives back what was written, to a later process too", async () => {
  using directory = temporaryDirectory();
  const store = new QueryStore(directory.path);
  await fc.assert(
    fc.asyncProperty(fc.webPath(), fc.uint8Array(), async (question, content) => {
      await store.write(question, { content, askedAt: ASKED });
      const later = new QueryStore(directory.path);
      expect(await later.read(question)).toEqual({ content, askedAt: ASKED });
    }),
    { numRuns: 30 },
  );
  await store.remove(QUESTION);
  expect(await store.read(QUESTION)).toBeUndefined();
});

it("QueryStore has nothing where a file is damaged, whatever is wrong with it", async () => {
  using directory = temporaryDirectory();
  const store = new QueryStore(directory.path);
  const content = Buffer.from("v1.0.0\n");
  await store.write(QUESTION, { content, askedAt: ASKED });
  const [file = ""] = filesIn(directory.path);
  const whole = readFileSync(file);
  const damage = fc.oneof(
    fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    fc.nat(whole.length - 1).map((at) => whole.map((byte, i) => (i === at ? byte ^ 1 : byte))),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(damage, async (bytes) => {
      writeFileSync(file, bytes);
      // What was asked is not read from the file: its name and checksum say enough.
      const answers = [undefined, { content: new Uint8Array(content), askedAt: ASKED }];
      expect(answers).toContainEqual(await store.read(QUESTION));
    }),
  );
});

it("QueryStore reads files of versions to come that only say more, and no others", async () => {
  using directory = temporaryDirectory();
  const store = new QueryStore(directory.path);
  await store.write(QUESTION, { content: Buffer.from("v1.0.0\n"), askedAt: ASKED });
  const [file = ""] = filesIn(directory.path);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("asked:", "etag: x\nasked:"));
  expect(await store.read(QUESTION)).toMatchObject({ askedAt: ASKED });
  writeFileSync(file, text.replace("gomodfs-answer 1", "gomodfs-answer 2"));
  expect(await store.read(QUESTION)).toBeUndefined();
});

it("QueryStore keeps a bounded number of files of bounded size", async () => {
  using directory = temporaryDirectory();
  const store = new QueryStore(directory.path);
  await store.write(QUESTION, { content: Buffer.alloc(1 << 20), askedAt: ASKED });
  expect(filesIn(directory.path)).toEqual([]);
  const content = Buffer.alloc(200 << 10);
  const questions: string[] = [];
  for (let i = 0; questions.length < 30; i++) questions.push(...inFirstDirectory(i));
  for (const question of questions) await store.write(question, { content, askedAt: ASKED });
  expect(filesIn(directory.path)).toHaveLength(Math.floor((4 << 20) / ((200 << 10) + 150)));
  expect(await store.read(questions.at(-1) ?? "")).toBeDefined();
  expect(await store.read(questions[0] ?? "")).toBeUndefined();
});

/** The question of this number, if its file is in one certain directory of the 256. */
function inFirstDirectory(number: number): string[] {
  const question = `example.com/m${number}/@v/list`;
  return hash("sha256", question).startsWith("00") ? [question] : [];
}
