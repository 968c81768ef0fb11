import { describe, expect, test } from "vitest";
import { DirectIoChoice } from "./direct_io.ts";

const MIB = 1024 * 1024;

/** Writes files of a megabyte, at these milliseconds each, and says how many went past the page cache. */
function write(choice: DirectIoChoice, files: number, cost: { direct: number; buffered: number }) {
  let direct = 0;
  for (let file = 0; file < files; file++) {
    const isDirect = choice.direct;
    if (isDirect) direct++;
    choice.record(isDirect, MIB, isDirect ? cost.direct : cost.buffered);
  }
  return direct;
}

describe("DirectIoChoice", () => {
  test("tries both ways and goes on with the faster one", () => {
    expect(write(new DirectIoChoice(), 60, { direct: 1, buffered: 3 })).toBe(58);
    expect(write(new DirectIoChoice(), 60, { direct: 3, buffered: 1 })).toBe(2);
  });

  test("tries the slower one again now and then, and changes when it has become the faster", () => {
    const choice = new DirectIoChoice();
    write(choice, 60, { direct: 1, buffered: 3 });
    expect(write(choice, 1000, { direct: 30, buffered: 3 })).toBeLessThan(200);
    expect(write(choice, 2000, { direct: 1, buffered: 3 })).toBeGreaterThan(1000);
  });

  test("never writes directly what a file system does not take", () => {
    const choice = new DirectIoChoice();
    choice.refuse();
    expect(write(choice, 10, { direct: 1, buffered: 3 })).toBe(0);
  });
});
