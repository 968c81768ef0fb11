import { expect, it } from "vitest";
import { ImportPathIndex } from "./import_path_index.ts";

const INDEX = new ImportPathIndex(
  ["example.com/a", "example.com/a/b", "example.com/ab", "example.com/a/v2", "local"].map(
    (path) => [path, path] as const,
  ),
);

it.each<[string, readonly string[]]>([
  ["example.com/a", ["example.com/a:"]],
  ["example.com/a/c/d", ["example.com/a:c/d"]],
  ["example.com/a/b/c", ["example.com/a/b:c", "example.com/a:b/c"]],
  ["example.com/a/v2/c", ["example.com/a/v2:c", "example.com/a:v2/c"]],
  ["example.com/abc", []],
  ["example.com", []],
  ["example.org/a", []],
  ["local/x", ["local:x"]],
  ["fmt", []],
  ["", []],
  ["/", []],
  ["example.com//a", []],
])("candidates(%j)", (importPath, candidates) => {
  const found = INDEX.candidates(importPath);
  expect(found.map(({ module, directory }) => `${module}:${directory}`)).toEqual(candidates);
});
