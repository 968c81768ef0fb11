/** Names are compared no further: a longer one is no slip of the finger. */
const MAX_LENGTH = 64;

/**
 * The one of several names that somebody most likely meant: at most a third of its characters differ.
 *
 * @returns undefined if none is near
 */
export function closestName(text: string, names: Iterable<string>): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  let closest: string | undefined;
  let best = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(text.toLowerCase().replaceAll("-", "_"), name.toLowerCase());
    if (distance < best && distance <= Math.max(1, Math.floor(name.length / 3))) {
      best = distance;
      closest = name;
    }
  }
  return closest;
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours that make `b` of `a` (optimal string alignment, Damerau
 * 1964).
 */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, substituted);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, at(beforePrevious, j - 2) + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
