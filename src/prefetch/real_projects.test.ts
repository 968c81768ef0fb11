import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { missingFrom, PrefetchSandbox } from "./testdata/prefetch_sandbox.ts";

const COMMANDS = [
  "mod download",
  "mod graph",
  "mod verify",
  "list -m -json all",
  "build ./...",
  "vet ./...",
];

it.each([
  ["small", fileURLToPath(new URL("../../examples/hello", import.meta.url))],
  ["larger", fileURLToPath(new URL("../../test/testdata/larger", import.meta.url))],
])(
  "prefetch() of a %s project fetches what the go command asks for, and no more",
  async (_, source) => {
    await using test = await PrefetchSandbox.create();
    const directory = test.sandbox.path("project");
    cpSync(source, directory, { recursive: true });
    const fetched = await test.requestsOf(() => test.prefetch([directory]));
    await test.clear();
    const asked = await test.requestsOfGo(directory, COMMANDS);
    expect(missingFrom(fetched, asked)).toEqual([]);
    expect(missingFrom(asked, fetched)).toEqual([]);
    expect(asked.size).toBeGreaterThan(10);
  },
);
