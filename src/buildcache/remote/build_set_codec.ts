import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { type ActionId, isActionId, isOutputId } from "../identifier.ts";
import {
  type BuildSet,
  isPackId,
  MAX_SET_ACTIONS,
  MAX_SET_PACKS,
  type SetAction,
  type SetPack,
} from "./build_set.ts";

/** Bytes of a set as it is in the bucket. Identifiers do not shrink below half of their digits. */
export const MAX_ENCODED_SET_BYTES = 16 << 20;

const HEADING = "gomodfs build set 1";
/** Bytes before compression: an action has at most 200. */
const MAX_TEXT_BYTES = 200 * MAX_SET_ACTIONS;
/** As much as most sets are, in one piece. */
const CHUNK_BYTES = 1 << 18;
const NATURAL = /^(?:0|[1-9]\d{0,14})$/;
/** An output that is an object of its own. */
const NO_PACK = "-";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * A set as it is kept: text, compressed by zstd. After a heading, one line a pack, `pack ID SIZE`, and one line an action,
 * `ACTION-ID OUTPUT-ID SIZE UNIX-MILLISECONDS IDLE PACK`, the pack as its number from 0 or a hyphen.
 */
export async function encodeBuildSet(set: BuildSet): Promise<Buffer> {
  const lines = [HEADING];
  for (const { id, size } of set.packs) lines.push(`pack ${id} ${size}`);
  for (const [id, { outputId, size, time, idle, pack = NO_PACK }] of set.actions) {
    lines.push(`${id} ${outputId} ${size} ${time.getTime()} ${idle} ${pack}`);
  }
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return await compress(`${lines.join("\n")}\n`, { params });
}

/** @throws GomodfsError `PROTOCOL` for anything that {@linkcode encodeBuildSet} does not write */
export async function decodeBuildSet(bytes: Uint8Array): Promise<BuildSet> {
  let text: string;
  try {
    text = (
      await decompress(bytes, { chunkSize: CHUNK_BYTES, maxOutputLength: MAX_TEXT_BYTES })
    ).toString("latin1");
  } catch (cause) {
    throw new GomodfsError("PROTOCOL", "a build set is damaged or too large", { cause });
  }
  return parseBuildSet(text);
}

function parseBuildSet(text: string): BuildSet {
  const lines = text.split("\n");
  if (lines.shift() !== HEADING || lines.pop() !== "") throw malformed("heading or end");
  const packs: SetPack[] = [];
  const actions = new Map<ActionId, SetAction>();
  for (const line of lines) {
    const fields = line.split(" ");
    if (fields[0] === "pack") packs.push(parsePack(fields));
    else addAction(actions, fields, packs.length);
  }
  if (packs.length > MAX_SET_PACKS || actions.size > MAX_SET_ACTIONS) throw malformed("size");
  return { packs, actions };
}

function parsePack(fields: readonly string[]): SetPack {
  const [, id = "", size = "", ...rest] = fields;
  if (!isPackId(id) || !NATURAL.test(size) || rest.length > 0) throw malformed("pack");
  return { id, size: Number(size) };
}

function addAction(
  actions: Map<ActionId, SetAction>,
  fields: readonly string[],
  packs: number,
): void {
  const [id = "", outputId = "", size = "", time = "", idle = "", pack = "", ...rest] = fields;
  const numbers = [size, time, idle, ...(pack === NO_PACK ? [] : [pack])];
  const isWhole = rest.length === 0 && numbers.every((number) => NATURAL.test(number));
  if (!isActionId(id) || !isOutputId(outputId) || !isWhole) throw malformed("action");
  if (pack !== NO_PACK && Number(pack) >= packs) throw malformed("action");
  actions.set(id, {
    outputId,
    size: Number(size),
    time: new Date(Number(time)),
    idle: Number(idle),
    pack: pack === NO_PACK ? undefined : Number(pack),
  });
}

function malformed(part: string): GomodfsError {
  return new GomodfsError("PROTOCOL", `a build set has an impossible ${part}`);
}
