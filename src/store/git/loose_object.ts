import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { MAXIMUM_OBJECT_SIZE } from "./inflate.ts";
import type { GitObject, ObjectId, ObjectType } from "./object_id.ts";

const HEADER = /^(commit|tree|blob|tag) (0|[1-9][0-9]{0,15})$/;
const MAXIMUM_HEADER_LENGTH = 32;

/**
 * Reads `objects/xx/...`, what `git hash-object -w` writes (gitformat-loose). gomodfs itself writes packs only.
 *
 * @returns undefined if there is no such file
 * @throws GomodfsError `STORE` if it is damaged
 */
export function readLooseObject(objectsDirectory: string, id: ObjectId): GitObject | undefined {
  const compressed = readIfPresent(join(objectsDirectory, id.slice(0, 2), id.slice(2)));
  if (compressed === undefined) return undefined;
  const bytes = inflateLoose(id, compressed);
  const end = bytes.subarray(0, MAXIMUM_HEADER_LENGTH).indexOf(0);
  const [, type, size] = HEADER.exec(bytes.toString("latin1", 0, Math.max(0, end))) ?? [];
  const content = bytes.subarray(end + 1);
  if (!isObjectType(type) || Number(size) !== content.length) throw damaged(id);
  return { type, content };
}

function isObjectType(type: string | undefined): type is ObjectType {
  return type === "commit" || type === "tree" || type === "blob" || type === "tag";
}

function inflateLoose(id: ObjectId, compressed: Buffer): Buffer {
  try {
    return inflateSync(compressed, { maxOutputLength: MAXIMUM_OBJECT_SIZE });
  } catch (error) {
    throw damaged(id, error);
  }
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new GomodfsError("STORE", `cannot read the loose object ${path}`, { cause: error });
  }
}

function damaged(id: ObjectId, cause?: unknown): GomodfsError {
  return new GomodfsError("STORE", `the loose object ${id} is damaged`, { cause });
}
