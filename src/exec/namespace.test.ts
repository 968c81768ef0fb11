import { describe, expect, test } from "vitest";
import {
  chooseMountWay,
  describeRefusals,
  type NamespaceProbes,
  type ProbeResult,
} from "./namespace.ts";

/** Probes with fixed answers, in the order root, user namespace, fusermount3; which were asked is recorded. */
class FixedProbes implements NamespaceProbes {
  readonly asked: string[] = [];
  readonly #possible: readonly boolean[];

  constructor(...possible: readonly boolean[]) {
    this.#possible = possible;
  }

  root(): Promise<ProbeResult> {
    return this.#answer("root", 0);
  }

  userNamespace(): Promise<ProbeResult> {
    return this.#answer("user", 1);
  }

  fusermount(): Promise<ProbeResult> {
    return this.#answer("fusermount", 2);
  }

  #answer(name: string, index: number): Promise<ProbeResult> {
    this.asked.push(name);
    const possible = this.#possible[index] === true;
    return Promise.resolve(possible ? { possible } : { possible, reason: `no ${name}` });
  }
}

describe("chooseMountWay()", () => {
  test("takes the first way that is possible and does not try the others", async () => {
    const probes = new FixedProbes(true, true, true);
    expect(await chooseMountWay(probes)).toEqual({ way: "root", refused: [] });
    expect(probes.asked).toEqual(["root"]);
  });

  test("prefers a user namespace to a visible mount", async () => {
    expect(await chooseMountWay(new FixedProbes(false, true, true))).toMatchObject({
      way: "user-namespace",
      refused: [{ way: "root", reason: "no root" }],
    });
    expect(await chooseMountWay(new FixedProbes(false, false, true))).toMatchObject({
      way: "fusermount3",
    });
  });

  test("says why nothing is possible in one line", async () => {
    const choice = await chooseMountWay(new FixedProbes(false, false, false));
    expect(choice.way).toBe("none");
    expect(describeRefusals(choice)).toBe(
      "mount namespace: no root; user namespace: no user; fusermount3: no fusermount",
    );
  });
});
