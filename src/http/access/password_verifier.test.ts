import { beforeEach, describe, expect, it } from "vitest";
import { type DeriveKey, deriveKey, hashPassword, type PasswordHash } from "./credential_hash.ts";
import { PasswordVerifier } from "./password_verifier.ts";

let now: number;
let derivations: string[];
let running: number;
let mostRunning: number;
let hash: PasswordHash;

/** The real derivation, watched. */
const derive: DeriveKey = async (password, ...rest) => {
  derivations.push(password);
  running += 1;
  mostRunning = Math.max(mostRunning, running);
  try {
    return await deriveKey(password, ...rest);
  } finally {
    running -= 1;
  }
};

beforeEach(async () => {
  now = 0;
  derivations = [];
  running = 0;
  mostRunning = 0;
  hash = { ...(await hashPassword("")), logCost: 10, parallelization: 1 };
  hash = { ...hash, key: await deriveKey("s3cret", hash.salt, 32, { N: 1024, r: 8, p: 1 }) };
});

const attempt = { begin: () => {}, fail: () => {} };

function verifier(bounds: { concurrency?: number; maxWaiting?: number } = {}): PasswordVerifier {
  return new PasswordVerifier({ clock: () => now, derive, ...bounds });
}

describe("a password verifier", () => {
  it("remembers for minutes what was right, and never what was wrong", async () => {
    const passwords = verifier();
    expect(await passwords.verify(hash, "s3cret", attempt)).toBe(true);
    expect(await passwords.verify(hash, "wr0ng", attempt)).toBe(false);
    expect(passwords.remembers(hash, "s3cret")).toBe(true);
    expect(passwords.remembers(hash, "wr0ng")).toBe(false);
    now += 5 * 60_000;
    expect(passwords.remembers(hash, "s3cret")).toBe(false);
  });

  it("forgets a password whose hash was changed", async () => {
    const passwords = verifier();
    await passwords.verify(hash, "s3cret", attempt);
    const changed = { ...hash, key: Buffer.from(hash.key).fill(7) };
    expect(passwords.remembers(changed, "s3cret")).toBe(false);
  });

  it("derives once for all who ask the same", async () => {
    const passwords = verifier();
    const answers = Array.from({ length: 100 }, () => passwords.verify(hash, "s3cret", attempt));
    expect(new Set(await Promise.all(answers))).toEqual(new Set([true]));
    expect(derivations).toEqual(["s3cret"]);
  });

  it("derives few at once, and refuses what would wait too long", async () => {
    const passwords = verifier({ concurrency: 2, maxWaiting: 8 });
    const guesses = Array.from({ length: 50 }, (_, index) =>
      passwords.verify(hash, `guess ${index}`, attempt),
    );
    const ends = await Promise.allSettled(guesses);
    const refused = ends.filter((end) => end.status === "rejected");
    expect(refused).toHaveLength(40);
    expect(refused[0]?.reason).toMatchObject({ code: "BUSY" });
    expect(derivations).toHaveLength(10);
    expect(mostRunning).toBe(2);
    expect(await passwords.verify(hash, "s3cret", attempt)).toBe(true);
  });

  it("does not derive what is not to be begun", async () => {
    const passwords = verifier();
    const refuse = {
      begin: () => {
        throw new Error("not now");
      },
      fail: () => {},
    };
    await expect(passwords.verify(hash, "s3cret", refuse)).rejects.toMatchObject({
      message: "not now",
    });
    expect(derivations).toEqual([]);
  });
});
