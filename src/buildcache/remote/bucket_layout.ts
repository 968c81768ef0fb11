import { posix } from "node:path";
import type { ActionId, OutputId } from "../identifier.ts";
import type { PackId } from "./build_set.ts";
import type { BuildSetKey } from "./build_set_key.ts";

/**
 * The keys of a build cache's bucket. Actions and outputs are where go-cache-plugin has them (lib/gobuild/gobuild.go), in
 * its form: a bucket that either program filled serves the other, which never looks at sets and packs.
 */
export class BucketLayout {
  readonly #prefix: string;

  /** @param prefix in front of every key, with a slash between; may be empty */
  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  /** Which output an action has, and since when. */
  action(id: ActionId): string {
    return this.#key("action", id);
  }

  /** The bytes of an output, as they are. */
  output(id: OutputId): string {
    return this.#key("output", id);
  }

  /** What a build used the last time. */
  buildSet(key: BuildSetKey): string {
    return this.#key("set", key);
  }

  /** Small outputs of build sets, many in one object. */
  pack(id: PackId): string {
    return this.#key("pack", id);
  }

  /** As go-cache-plugin's makeKey, whose path.Join also cleans the prefix. */
  #key(kind: string, id: string): string {
    return posix.join(this.#prefix, kind, id.slice(0, 2), id);
  }
}
