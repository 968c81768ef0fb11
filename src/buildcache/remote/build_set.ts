import type { ActionRecord } from "../disk/action_record.ts";
import type { ActionId } from "../identifier.ts";

declare const packIdBrand: unique symbol;

/** The SHA-256 of a pack as it is in the bucket; 64 hexadecimal digits in lower case. */
export type PackId = string & { readonly [packIdBrand]: true };

/** A pack that holds outputs of a build set. */
export interface SetPack {
  readonly id: PackId;
  /** Bytes before compression. */
  readonly size: number;
}

/** An action of a build set, and where its output is. */
export interface SetAction extends ActionRecord {
  /** Which of the set's packs the output is in; undefined for an output that is an object of its own. */
  readonly pack: number | undefined;
  /** How often the set was written since a build used it: 0 for what the last one did. */
  readonly idle: number;
}

/**
 * What a build used: its actions in the order in which they were asked for, and packs with their outputs. It decides
 * nothing: an action that it lacks is asked for by itself, and every output is verified as it comes.
 */
export interface BuildSet {
  readonly packs: readonly SetPack[];
  readonly actions: ReadonlyMap<ActionId, SetAction>;
}

/** Actions of a set. The largest build that we know of (kubernetes, all tests) has some 20,000. */
export const MAX_SET_ACTIONS = 65_536;
/** Packs of a set. */
export const MAX_SET_PACKS = 4_096;

const HEXADECIMAL = /^[0-9a-f]{64}$/;

/** Whether text is a pack's id. */
export function isPackId(text: string): text is PackId {
  return HEXADECIMAL.test(text);
}
