import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import type { LogFields, Logger } from "../lib/logger.ts";
import { silentLogger } from "../lib/logger.ts";
import { Evidence, type EvidenceText } from "./evidence.ts";

const FORK: EvidenceText = {
  database: "sum.test/db",
  kind: "fork",
  summary: "has signed trees that contradict each other",
  text: "old database:\n\tone\nnew database:\n\tother",
  identity: "one other",
};

function open(directory: string, log: Logger = silentLogger): Evidence {
  return new Evidence({ directory, log, clock: () => Date.UTC(2026, 0, 2, 3, 4, 5) });
}

it("Evidence keeps each piece once, for its owner's eyes, and names the file in the log", async () => {
  using directory = temporaryDirectory();
  const logged: LogFields[] = [];
  const log: Logger = { ...silentLogger, error: (_, fields) => void logged.push(fields ?? {}) };
  const evidence = open(directory.join("evidence"), log);
  await Promise.all([evidence.keep(FORK), evidence.keep(FORK)]);
  await evidence.keep({ ...FORK, identity: "another" });
  const names = readdirSync(directory.join("evidence")).toSorted();
  expect(names).toEqual([
    "sum.test%2Fdb-2026-01-02T030405.000Z-2.txt",
    "sum.test%2Fdb-2026-01-02T030405.000Z.txt",
  ]);
  const file = directory.join("evidence/sum.test%2Fdb-2026-01-02T030405.000Z.txt");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toContain(FORK.text);
  expect(logged[0]).toEqual({ kind: "fork", evidence: file });
  expect(evidence.events[0]).toEqual({
    database: "sum.test/db",
    kind: "fork",
    time: "2026-01-02T03:04:05.000Z",
    summary: FORK.summary,
    file,
  });
});

it("Evidence takes up what an earlier process kept, and nothing else that lies there", async () => {
  using directory = temporaryDirectory();
  const first = open(directory.path);
  await first.keep(FORK);
  writeFileSync(directory.join("notes.txt"), "security: none\n");
  const second = open(directory.path);
  expect(second.events).toEqual(first.events);
  await second.keep(FORK);
  expect(second.events).toHaveLength(1);
  await second.keep({ ...FORK, identity: "another" });
  expect(new Set(second.events.map(({ file }) => file)).size).toBe(2);
});

it("Evidence is bounded, whatever a liar makes up", async () => {
  using directory = temporaryDirectory();
  const evidence = open(directory.path);
  for (let i = 0; i < 100; i++) {
    const text = `${i}`.repeat(1 << 20);
    await evidence.keep({ ...FORK, summary: "\u001b[31m\nlies\n", text, identity: `${i}` });
  }
  const names = readdirSync(directory.path);
  expect(names).toHaveLength(64);
  for (const name of names) expect(statSync(directory.join(name)).size).toBeLessThan(300 << 10);
  expect(evidence.events[0]?.summary).toBe(" [31m lies ");
});

it("Evidence that cannot be written is told of all the same", async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.join("file"), "");
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (message) => void errors.push(message) };
  const evidence = open(directory.join("file"), log);
  await evidence.keep(FORK);
  expect(evidence.events).toMatchObject([{ kind: "fork", file: undefined }]);
  expect(errors).toContain("cannot keep evidence against a checksum database");
});
