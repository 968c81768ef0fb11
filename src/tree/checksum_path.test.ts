import { describe, expect, it } from "vitest";
import { parseChecksumPath } from "./checksum_path.ts";

const DATABASE = "sum.example.com";

describe("parseChecksumPath()", () => {
  it.each([
    "",
    DATABASE,
    `${DATABASE}/lookup`,
    `${DATABASE}/lookup/github.com/!azure`,
    `${DATABASE}/tile`,
    `${DATABASE}/tile/8`,
    `${DATABASE}/tile/8/0`,
    `${DATABASE}/tile/8/0/x001`,
    `${DATABASE}/tile/8/0/x001/234.p`,
  ])("%j leads on", (path) => {
    expect(parseChecksumPath(path)).toEqual({ kind: "directory" });
  });

  it("names records", () => {
    expect(parseChecksumPath(`${DATABASE}/lookup/github.com/!azure/a@v1.0.0`)).toEqual({
      kind: "record",
      database: DATABASE,
      id: { path: "github.com/Azure/a", version: "v1.0.0" },
    });
  });

  it.each(["tile/8/0/234", "tile/8/0/x001/234", "tile/8/1/x001/234.p/17"])(
    "names the tile %s",
    (tile) => {
      expect(parseChecksumPath(`${DATABASE}/${tile}`)).toEqual({
        kind: "tile",
        database: DATABASE,
        tile,
      });
    },
  );

  it.each([
    "nodot",
    `${DATABASE}/tile/8/0/x001/234.p/0`,
    `${DATABASE}/tile/8/0/x`,
    `${DATABASE}/lookup/.git`,
    `${DATABASE}/lookup/a.com/m@latest`,
  ])("%s never exists", (path) => {
    expect(parseChecksumPath(path)).toBeUndefined();
  });
});
