import type { OutgoingHttpHeaders } from "node:http";
import { type Refusal, refusal } from "../refusal.ts";

/** RFC 9110 section 11.6.1; a browser asks its user, a GOAUTH program is told of it. */
const CHALLENGES: OutgoingHttpHeaders = {
  "WWW-Authenticate": ['Basic realm="gomodfs", charset="UTF-8"', 'Bearer realm="gomodfs"'],
};

/** What a client is asked for that gave nothing; it fits a private module that an unknown client asks for, too. */
export function credentialsNeeded(): Refusal {
  const hint = 'add "machine HOST login NAME password TOKEN" to your .netrc, or see go help goauth';
  return refusal(401, `credentials are needed: ${hint}`, CHALLENGES);
}

/** The same whether the name or what proves it is wrong: which names there are is nobody's business. */
export function credentialsWrong(): Refusal {
  const hint = "look into your .netrc, or see go help goauth";
  return refusal(
    401,
    `the name, or the token or password given for it, is wrong: ${hint}`,
    CHALLENGES,
  );
}

/** @param wait milliseconds until the client may ask again */
export function tooManyRequests(wait: number): Refusal {
  return askLater(429, "too many requests", wait);
}

/** @param wait milliseconds until the client may ask again */
export function tooManyFailures(wait: number): Refusal {
  return askLater(429, "too many wrong passwords from this address", wait);
}

/** For when more passwords wait to be checked than is good; tokens do not wait. */
export function tooManyPasswords(): Refusal {
  return askLater(503, "too many passwords wait to be checked", 2_000);
}

/** RFC 9110 section 10.2.3: Retry-After is in whole seconds. */
function askLater(status: number, reason: string, wait: number): Refusal {
  const seconds = Math.max(1, Math.ceil(wait / 1000));
  return refusal(status, `${reason}: ask again in ${seconds} s`, {
    "Retry-After": String(seconds),
  });
}
