import { expect, it } from "vitest";
import { AccessControl } from "./access_control.ts";
import { AccessControls } from "./access_controls.ts";
import { Authenticator } from "./authenticator.ts";
import { ClientAddresses } from "./client_address.ts";
import { hashToken } from "./credential_hash.ts";
import { CredentialSet } from "./credential_set.ts";
import { PasswordVerifier } from "./password_verifier.ts";
import { RateLimiter } from "./rate_limiter.ts";

const clock = (): number => 0;
const credentials = new CredentialSet(
  ["ann", "bob"].map((name) => ({ name, hash: hashToken(`token-${name}`), patterns: [] })),
);

function accessControl(burst?: number): AccessControl {
  const limiter = (tokens: number): RateLimiter =>
    new RateLimiter({ limit: { requestsPerSecond: 0.5, burst: tokens }, clock });
  return new AccessControl({
    authenticator: new Authenticator({
      credentials: () => credentials,
      privatePatterns: [],
      allowAnonymous: true,
      passwords: new PasswordVerifier({ clock }),
      failures: limiter(100),
    }),
    addresses: new ClientAddresses(["127.0.0.1"]),
    requests: burst === undefined ? undefined : limiter(burst),
  });
}

async function statusOf(control: AccessControl, forwarded: string, token?: string) {
  const admission = await control.admit({
    socket: { remoteAddress: "127.0.0.1" },
    headers: {
      "x-forwarded-for": forwarded,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  return admission.kind === "admitted" ? 200 : admission.refusal.status;
}

it("limits each client: by its name, else by its address", async () => {
  const control = accessControl(1);
  expect(await statusOf(control, "192.0.2.1")).toBe(200);
  expect(await statusOf(control, "192.0.2.1")).toBe(429);
  expect(await statusOf(control, "192.0.2.2")).toBe(200);
  expect(await statusOf(control, "192.0.2.1", "token-ann")).toBe(200);
  expect(await statusOf(control, "192.0.2.9", "token-ann")).toBe(429);
  expect(await statusOf(control, "192.0.2.1", "token-bob")).toBe(200);
});

it("limits those of one IPv6 network together", async () => {
  const control = accessControl(1);
  expect(await statusOf(control, "2001:db8::1")).toBe(200);
  expect(await statusOf(control, "2001:db8::ffff")).toBe(429);
  expect(await statusOf(control, "2001:db8:0:1::1")).toBe(200);
});

it("limits refused requests too, and says when to come again", async () => {
  const control = accessControl(1);
  expect(await statusOf(control, "192.0.2.1", "wrong")).toBe(401);
  expect(await statusOf(control, "192.0.2.1", "wrong")).toBe(429);
  const admission = await control.admit({
    socket: { remoteAddress: "127.0.0.1" },
    headers: { "x-forwarded-for": "192.0.2.1" },
  });
  expect(admission).toMatchObject({ refusal: { status: 429, headers: { "Retry-After": "2" } } });
});

it("limits nothing unless it is told to", async () => {
  const control = accessControl();
  for (let index = 0; index < 1_000; index++) {
    expect(await statusOf(control, "192.0.2.1")).toBe(200);
  }
});

it("counts clients of all addresses of a server together", async () => {
  const controls = new AccessControls({
    credentials: () => credentials,
    privatePatterns: [],
    trustedProxies: ["127.0.0.1"],
    rateLimit: { requestsPerSecond: 1, burst: 2 },
    clock,
  });
  const open = controls.control({ allowAnonymous: true });
  const closed = controls.control({ allowAnonymous: false });
  expect(await statusOf(open, "192.0.2.1")).toBe(200);
  expect(await statusOf(closed, "192.0.2.1")).toBe(401);
  expect(await statusOf(open, "192.0.2.1")).toBe(429);
  expect(await statusOf(open, "192.0.2.2", "token-ann")).toBe(200);
  expect(await statusOf(closed, "192.0.2.2", "token-ann")).toBe(200);
  expect(await statusOf(open, "192.0.2.2", "token-ann")).toBe(429);
});

it("has a wrong password told to ten downloads at once, and then asks to wait", async () => {
  const controls = new AccessControls({
    credentials: () => credentials,
    privatePatterns: [],
    trustedProxies: ["127.0.0.1"],
    rateLimit: undefined,
    clock,
  });
  const control = controls.control({ allowAnonymous: false });
  const statuses = [];
  for (let index = 0; index < 21; index++)
    statuses.push(await statusOf(control, "192.0.2.1", "wr0ng"));
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
});
