import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findMount, parseMountInfo, readMountTable } from "./mount_table.ts";

const LINES = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
42 27 0:39 / /srv/go\\040mod\\134cache ro,nosuid,nodev,relatime shared:7 master:2 - fuse.gomodfs gomodfs ro,user_id=0
43 42 0:40 / /srv/go\\040mod\\134cache rw - tmpfs tmpfs rw
`;

describe("parseMountInfo()", () => {
  it("understands optional fields and octal escapes", () => {
    expect(parseMountInfo(LINES)[1]).toEqual({
      id: 42,
      parentId: 27,
      device: "0:39",
      mountPoint: "/srv/go mod\\cache",
      options: ["ro", "nosuid", "nodev", "relatime"],
      type: "fuse.gomodfs",
      source: "gomodfs",
    });
  });

  it("reads back any path that the kernel escapes", () => {
    const escapeOctal = (path: string): string =>
      path.replace(/[ \t\n\\]/g, (char) =>
        `\\0${char.charCodeAt(0).toString(8).padStart(2, "0")}`.replace("\\0134", "\\134"),
      );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (path) => {
        const line = `42 27 0:39 / /${escapeOctal(path)} ro - fuse.gomodfs gomodfs ro`;
        expect(parseMountInfo(line)[0]?.mountPoint).toBe(`/${path}`);
      }),
    );
  });

  it("leaves out lines that it does not understand", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseMountInfo(text.replaceAll("-", ""))).toEqual([]);
      }),
    );
    expect(parseMountInfo(`${LINES}garbage - x\n`)).toHaveLength(3);
  });
});

describe("findMount()", () => {
  it("finds the topmost of stacked mounts, and nothing for a directory inside a mount", () => {
    const table = parseMountInfo(LINES);
    expect(findMount(table, "/srv/go mod\\cache")?.id).toBe(43);
    expect(findMount(table, "/srv")).toBeUndefined();
  });
});

describe("readMountTable()", () => {
  it("finds the root of this machine", async () => {
    expect(findMount(await readMountTable(), "/")).toBeDefined();
  });
});
