import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** Whose puts are kept in the shared cache. */
export type WritePermission =
  | { readonly kind: "everyone" }
  | { readonly kind: "nobody" }
  | {
      readonly kind: "some";
      /** Users, where they come through a Unix socket. */
      readonly uids: ReadonlySet<number>;
      /** The SHA-256 of tokens. */
      readonly tokenHashes: readonly Buffer[];
    };

/** What is known of a client. */
export interface Client {
  readonly uid: number | undefined;
  readonly token: string | undefined;
}

/** A file of a few tokens. */
const MAX_FILE = 64 << 10;
const UID = /^uid:(\d{1,10})$/;

/**
 * Makes a permission from the values of `--write-only-from` and the file of tokens.
 *
 * @param writers each `uid:N`
 * @throws GomodfsError `USAGE`
 */
export function parseWritePermission(
  writers: readonly string[],
  tokenFile: string | undefined,
): WritePermission {
  if (writers.length === 0 && tokenFile === undefined) return { kind: "everyone" };
  return {
    kind: "some",
    uids: new Set(writers.map(parseUid)),
    tokenHashes: tokenFile === undefined ? [] : readTokens(tokenFile).map(hash),
  };
}

/** Whether a client's puts are kept. Takes as long for a wrong token as for a right one. */
export function mayWrite(permission: WritePermission, { uid, token }: Client): boolean {
  switch (permission.kind) {
    case "everyone":
      return true;
    case "nobody":
      return false;
    case "some": {
      if (uid !== undefined && permission.uids.has(uid)) return true;
      if (token === undefined) return false;
      const given = hash(token);
      return permission.tokenHashes.filter((known) => timingSafeEqual(known, given)).length > 0;
    }
  }
}

/**
 * The tokens of a file, one a line; empty lines and lines that begin with # do not count.
 *
 * @throws GomodfsError `USAGE` if it cannot be read or has none
 */
export function readTokens(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new GomodfsError("USAGE", `cannot read the file of tokens ${path}`, { cause });
  }
  const lines = text.length > MAX_FILE ? [] : text.split("\n").map((line) => line.trim());
  const tokens = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (tokens.length > 0) return tokens;
  throw new GomodfsError("USAGE", `${path} is no file of tokens`, {
    hint: "write a token on a line of its own",
  });
}

function parseUid(text: string): number {
  const [, digits] = UID.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new GomodfsError(
    "USAGE",
    `--write-only-from ${JSON.stringify(text.slice(0, 40))} names nobody`,
    {
      hint: "write uid:N; to go by tokens instead, name their file with --token-file",
    },
  );
}

function hash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
