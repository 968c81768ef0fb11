import fc from "fast-check";

/** A change to one place of a text. */
interface Mutation {
  readonly kind: "insert" | "replace" | "delete" | "swap" | "truncate";
  /** Where, as a fraction of the text's length. */
  readonly at: number;
  readonly piece: string;
}

/**
 * Texts at the border between what is right and what is wrong: one of `seeds`, at most three times changed by a piece
 * that means something.
 */
export function mutated(seeds: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom("insert", "insert", "replace", "delete", "swap", "truncate"),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    piece: fc.constantFrom(...pieces),
  });
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 3 }))
    .map(([seed, mutations]) => mutations.reduce(mutate, seed));
}

function mutate(text: string, { kind, at, piece }: Mutation): string {
  const index = Math.floor(at * text.length);
  const [before, after] = [text.slice(0, index), text.slice(index)];
  switch (kind) {
    case "insert":
      return before + piece + after;
    case "replace":
      return before + piece + after.slice(1);
    case "delete":
      return before + after.slice(1);
    case "swap":
      return before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
    case "truncate":
      return before;
  }
}
