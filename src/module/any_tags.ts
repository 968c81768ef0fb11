import type { BuildConstraint } from "./build_expression.ts";

/** The only tag that nobody ever sets. */
const IGNORE = "ignore";

/**
 * Whether a constraint may hold in some build: every tag but "ignore" counts as both set and not set, wherever it stands
 * (cmd/go/internal/imports Eval with AnyTags).
 */
export function mayHold(constraint: BuildConstraint): boolean {
  return evaluate(constraint, true);
}

/** @param preferred what a tag is taken to be here, so that the whole comes out true if it can */
function evaluate(constraint: BuildConstraint, preferred: boolean): boolean {
  switch (constraint.kind) {
    case "tag":
      return constraint.tag === IGNORE ? false : preferred;
    case "not":
      return !evaluate(constraint.operand, !preferred);
    case "and":
      return constraint.operands.every((operand) => evaluate(operand, preferred));
    case "or":
      return constraint.operands.some((operand) => evaluate(operand, preferred));
  }
}
