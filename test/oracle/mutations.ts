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
  const characters = Array.from(text);
  const index = Math.floor(at * characters.length);
  switch (kind) {
    case "insert":
      return characters.toSpliced(index, 0, piece).join("");
    case "replace":
      return characters.toSpliced(index, 1, piece).join("");
    case "delete":
      return characters.toSpliced(index, 1).join("");
    case "swap":
      return characters
        .toSpliced(index, 2, ...characters.slice(index, index + 2).reverse())
        .join("");
    case "truncate":
      return characters.slice(0, index).join("");
  }
}
