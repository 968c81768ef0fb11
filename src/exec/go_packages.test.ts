import { describe, expect, test } from "vitest";
import { goPackages } from "./go_packages.ts";

describe("goPackages()", () => {
  test.each([
    { argv: ["go", "build", "./..."], patterns: ["./..."], tests: false },
    { argv: ["go", "build", "-o", "out", "./cmd/a", "./cmd/b"], patterns: ["./cmd/a", "./cmd/b"] },
    { argv: ["/usr/local/go/bin/go", "test"], patterns: ["."], tests: true },
    { argv: ["go", "list", "-deps", "-test", "./cmd"], patterns: ["./cmd"], tests: true },
    { argv: ["go", "run", "main.go", "x"], patterns: ["main.go"] },
    { argv: ["go", "mod", "download"], patterns: [] },
    { argv: ["make", "./all"], patterns: [], tests: true },
  ] as const)("$argv", ({ argv, patterns, ...rest }) => {
    const [name, ...args] = argv;
    const tests = "tests" in rest && rest.tests;
    expect(goPackages([name, ...args], "")).toEqual({ patterns, tests, tags: [] });
  });

  test("takes tags from the command line before those of GOFLAGS", () => {
    expect(goPackages(["go", "build"], "-mod=mod -tags=a,b").tags).toEqual(["a", "b"]);
    expect(goPackages(["go", "build", "-tags", "c d"], "-tags=a").tags).toEqual(["c", "d"]);
    expect(goPackages(["make"], "'-tags=a b'").tags).toEqual(["a", "b"]);
  });
});
