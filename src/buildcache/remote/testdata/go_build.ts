import { readFileSync } from "node:fs";
import type { BuildCache, CachedOutput } from "../../build_cache.ts";
import { actionId, outputId } from "./ids.ts";

/** A build step: the name of its action, and what it makes. */
export type Step = readonly [name: string, content: Uint8Array | string];

/** Some steps with outputs of many sizes, one of them empty. */
export function steps(count: number, bytes = 300): Step[] {
  return Array.from({ length: count }, (_, number) => [
    `step ${number}`,
    number === 3 ? "" : Buffer.alloc(bytes + number, `content of ${number} `),
  ]);
}

/** Puts what a step makes. */
export function put(cache: BuildCache, [name, content]: Step): void {
  const bytes = Buffer.from(content);
  const pending = cache.put({
    actionId: actionId(name),
    outputId: outputId(bytes),
    size: bytes.length,
  });
  if (bytes.length > 0) pending.write(bytes);
  pending.commit();
}

/** What the cache has for a step. */
export async function get(cache: BuildCache, [name]: Step): Promise<CachedOutput | undefined> {
  return await cache.get(actionId(name));
}

/** Does as a go command: asks for each step, and makes what nobody knows. Gives the names of the steps it made. */
export async function build(cache: BuildCache, all: readonly Step[]): Promise<string[]> {
  const made: string[] = [];
  for (const step of all) {
    const output = await get(cache, step);
    if (output === undefined) {
      put(cache, step);
      made.push(step[0]);
    } else if (!readFileSync(output.diskPath).equals(Buffer.from(step[1]))) {
      throw new Error(`the cache has other bytes for ${step[0]}`);
    }
  }
  return made;
}
