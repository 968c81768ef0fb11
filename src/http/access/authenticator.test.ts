import { beforeEach, describe, expect, it } from "vitest";
import { parseModulePath } from "../../module/path.ts";
import { basicAuthorization } from "../../upstream/authorization.ts";
import type { Admission } from "./admission.ts";
import { Authenticator } from "./authenticator.ts";
import { formatCredential } from "./credential.ts";
import { type DeriveKey, deriveKey, hashToken, type PasswordHash } from "./credential_hash.ts";
import { type CredentialSet, parseCredentials } from "./credential_set.ts";
import { PasswordVerifier } from "./password_verifier.ts";
import { RateLimiter } from "./rate_limiter.ts";

const FAILURES = { requestsPerSecond: 1, burst: 5 };

let now: number;
/** Passwords and costs of the derivations. */
let derivations: string[];
let credentials: CredentialSet;

const derive: DeriveKey = async (password, salt, length, options) => {
  derivations.push(`${password} N=${options.N}`);
  return await deriveKey(password, salt, length, options);
};

async function passwordHash(password: string): Promise<PasswordHash> {
  const salt = Buffer.alloc(16, password);
  const key = await deriveKey(password, salt, 32, { N: 1024, r: 8, p: 1 });
  return { kind: "scrypt", logCost: 10, blockSize: 8, parallelization: 1, salt, key };
}

beforeEach(async () => {
  now = 0;
  derivations = [];
  const lines = [
    { name: "ci", hash: hashToken("gomodfs_ci"), patterns: ["corp.test/lib"] },
    { name: "ann", hash: await passwordHash("s3cret"), patterns: ["corp.test"] },
    { name: "bob", hash: await passwordHash("hunter22"), patterns: [] },
  ];
  credentials = parseCredentials(lines.map(formatCredential).join("\n"), "clients");
});

function authenticator(options: { allowAnonymous?: boolean } = {}): Authenticator {
  return new Authenticator({
    credentials: () => credentials,
    privatePatterns: ["corp.test", "*.internal.test"],
    allowAnonymous: options.allowAnonymous ?? false,
    passwords: new PasswordVerifier({ clock: () => now, derive }),
    failures: new RateLimiter({ limit: FAILURES, clock: () => now }),
  });
}

const basic = (user: string, password: string): string =>
  basicAuthorization(user, password)["authorization"] ?? "";

async function ask(
  authority: Authenticator,
  authorization: string | undefined,
  address = "192.0.2.1",
): Promise<Admission> {
  return await authority.authenticate({ authorization, address });
}

const outcome = (admission: Admission): string | number | undefined =>
  admission.kind === "admitted" ? admission.client.name : admission.refusal.status;

describe("an authenticator", () => {
  it.each([
    ["a token beside its name", basic("ci", "gomodfs_ci"), "ci"],
    ["a bearer token", "Bearer gomodfs_ci", "ci"],
    ["a password", basic("ann", "s3cret"), "ann"],
    ["a token beside another name", basic("ann", "gomodfs_ci"), 401],
    ["a wrong token", basic("ci", "gomodfs_cj"), 401],
    ["a wrong bearer token", "Bearer gomodfs_cj", 401],
    ["a password as a bearer token", "Bearer s3cret", 401],
    ["another's password", basic("bob", "s3cret"), 401],
    ["a wrong password", basic("ann", "S3cret"), 401],
    ["an empty password", basic("ann", ""), 401],
    ["an unknown name", basic("eve", "s3cret"), 401],
    ["the hash itself", basic("ci", hashToken("gomodfs_ci").digest.toString("base64")), 401],
    ["something else", "Negotiate YII=", 401],
    ["nothing", undefined, 401],
  ])("answers %s", async (_, authorization, expected) => {
    expect(outcome(await ask(authenticator(), authorization))).toBe(expected);
  });

  it("refuses with a challenge, and the same for wrong names and wrong passwords", async () => {
    const authority = authenticator();
    const wrongName = await ask(authority, basic("eve", "s3cret"));
    expect(wrongName).toEqual(await ask(authority, basic("ann", "wr0ng")));
    expect(wrongName).toEqual(await ask(authority, basic("ci", "wr0ng")));
    expect(wrongName).toMatchObject({
      refusal: {
        headers: {
          "WWW-Authenticate": ['Basic realm="gomodfs", charset="UTF-8"', 'Bearer realm="gomodfs"'],
          "Content-Type": "text/plain; charset=UTF-8",
        },
      },
    });
  });

  it.each([
    ["an unknown name", "eve"],
    ["the name of a password", "ann"],
    ["the name of a token", "ci"],
  ])("does the same work for %s", async (_, name) => {
    await ask(authenticator(), basic(name, "wr0ng"));
    expect(derivations).toEqual(["wr0ng N=1024"]);
  });

  it("derives nothing for tokens, and a right password once", async () => {
    const authority = authenticator();
    await ask(authority, basic("ci", "gomodfs_ci"));
    await ask(authority, "Bearer gomodfs_cj");
    expect(derivations).toEqual([]);
    await Promise.all(Array.from({ length: 50 }, () => ask(authority, basic("ann", "s3cret"))));
    await ask(authority, basic("ann", "s3cret"));
    expect(derivations).toEqual(["s3cret N=1024"]);
  });

  it("answers a token at once, without a promise", () => {
    const admission = authenticator().authenticate({
      authorization: "Bearer gomodfs_ci",
      address: "192.0.2.1",
    });
    expect(admission).toMatchObject({ kind: "admitted", client: { name: "ci" } });
  });

  it("lets unknown clients in where that is allowed, but no wrong credentials", async () => {
    const authority = authenticator({ allowAnonymous: true });
    expect(await ask(authority, undefined)).toMatchObject({
      kind: "admitted",
      client: { name: undefined },
    });
    expect(outcome(await ask(authority, basic("ann", "wr0ng")))).toBe(401);
  });

  it("without a file of credentials does not look at what clients say", async () => {
    const authority = new Authenticator({
      credentials: undefined,
      privatePatterns: ["corp.test"],
      allowAnonymous: true,
      passwords: new PasswordVerifier({ clock: () => now, derive }),
      failures: new RateLimiter({ limit: FAILURES, clock: () => now }),
    });
    const admission = await ask(authority, basic("ann", "s3cret"));
    expect(admission).toMatchObject({ kind: "admitted", client: { name: undefined } });
    expect(derivations).toEqual([]);
  });

  it("stops an address that guesses, and no other", async () => {
    const authority = authenticator();
    const guesses = Array.from({ length: 200 }, (_, index) =>
      ask(authority, basic("ann", `guess ${index}`)),
    );
    const statuses = (await Promise.all(guesses)).map(outcome);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(6);
    expect(derivations.length).toBeLessThanOrEqual(6);
    expect(statuses).toContain(429);
    // Two derivations and 64 that wait are what a server takes on.
    expect(statuses).toContain(503);

    const refused = await ask(authority, basic("ann", "s3cret"));
    expect(refused).toMatchObject({ refusal: { status: 429, headers: { "Retry-After": "1" } } });
    expect(outcome(await ask(authority, basic("ci", "gomodfs_ci")))).toBe("ci");
    expect(outcome(await ask(authority, basic("ann", "s3cret"), "192.0.2.2"))).toBe("ann");
    now += 2_000;
    expect(outcome(await ask(authority, basic("ann", "s3cret")))).toBe("ann");
  });

  it("does not tell one who guesses what it remembers", async () => {
    const authority = authenticator();
    await ask(authority, basic("ann", "s3cret"), "192.0.2.2");
    for (let guess = 0; guess < FAILURES.burst; guess++) await ask(authority, "Bearer wr0ng");
    expect(outcome(await ask(authority, basic("ann", "s3cret")))).toBe(429);
    expect(outcome(await ask(authority, basic("ann", "s3cret"), "192.0.2.2"))).toBe("ann");
  });

  it("knows at once what was loaded anew", async () => {
    const authority = authenticator();
    expect(outcome(await ask(authority, basic("ann", "s3cret")))).toBe("ann");
    credentials = parseCredentials("", "clients");
    expect(outcome(await ask(authority, basic("ann", "s3cret")))).toBe(401);
    expect(outcome(await ask(authority, basic("ci", "gomodfs_ci")))).toBe(401);
  });

  it.each([
    [undefined, []],
    [basic("bob", "hunter22"), []],
    [basic("ci", "gomodfs_ci"), ["corp.test/lib", "corp.test/lib/v2"]],
    [basic("ann", "s3cret"), ["corp.test/lib", "corp.test/lib/v2", "corp.test/app"]],
  ])(
    "shows private modules to those whose patterns match (%#)",
    async (authorization, expected) => {
      const admission = await ask(authenticator({ allowAnonymous: true }), authorization);
      const may = (path: string): boolean =>
        admission.kind === "admitted" && admission.client.mayRead(parseModulePath(path));
      const paths = ["corp.test/lib", "corp.test/lib/v2", "corp.test/app", "a.internal.test/x"];
      expect(paths.filter(may)).toEqual(expected);
      expect(["example.com/m", "corp.test.example.com/m"].filter(may)).toHaveLength(2);
    },
  );
});
