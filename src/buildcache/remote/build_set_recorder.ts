import type { CachedOutput } from "../disk/disk_tier.ts";
import { type ActionId, EMPTY_OUTPUT, type OutputId } from "../identifier.ts";
import { type BuildSet, MAX_SET_ACTIONS, type SetAction } from "./build_set.ts";
import { PackCollection } from "./pack_collection.ts";
import { isPackable, type PackWriter } from "./pack_writer.ts";
import type { Uploader } from "./uploader.ts";

/** Of less a set is not worth its request: `go version -m` and the like. */
const FEWEST_ACTIONS = 8;
/** How often a set is written without an action being used, before it is left out: a build that fails uses few. */
const MAX_IDLE = 2;

/** Notes what a build uses, and makes the next set of it. */
export class BuildSetRecorder {
  readonly #packs: PackWriter;
  readonly #uploader: Uploader;
  readonly #used = new Map<ActionId, CachedOutput>();

  constructor(packs: PackWriter, uploader: Uploader) {
    this.#packs = packs;
    this.#uploader = uploader;
  }

  /** The build has got an output. */
  got(id: ActionId, output: CachedOutput): void {
    if (this.#used.size < MAX_SET_ACTIONS) this.#used.set(id, output);
  }

  /** The build has put an output: it is packed while the build goes on. */
  put(id: ActionId, output: CachedOutput): void {
    if (this.#used.size >= MAX_SET_ACTIONS) return;
    this.#used.set(id, output);
    if (isPackable(output)) this.#packs.add(output);
  }

  /** The set that replaces `previous`, with its packs in the bucket; undefined if there is nothing to change. */
  async next(previous: BuildSet | undefined): Promise<BuildSet | undefined> {
    if (this.#used.size < FEWEST_ACTIONS || !this.#isNews(previous)) return undefined;
    const packs = PackCollection.worthKeeping(previous, this.#outputsOfNext(previous));
    for (const output of this.#used.values()) {
      if (isPackable(output) && packs.packOf(output.outputId) === undefined) {
        this.#packs.add(output);
      }
    }
    packs.add(await this.#packs.finish());
    return { packs: packs.packs, actions: await this.#actions(previous, packs) };
  }

  #outputsOfNext(previous: BuildSet | undefined): ReadonlySet<OutputId> {
    const outputs = new Set<OutputId>();
    for (const { outputId } of this.#used.values()) outputs.add(outputId);
    for (const { outputId, idle } of previous?.actions.values() ?? []) {
      if (idle < MAX_IDLE) outputs.add(outputId);
    }
    return outputs;
  }

  #isNews(previous: BuildSet | undefined): boolean {
    for (const [id, { outputId }] of this.#used) {
      if (previous?.actions.get(id)?.outputId !== outputId) return true;
    }
    return false;
  }

  async #actions(
    previous: BuildSet | undefined,
    packs: PackCollection,
  ): Promise<ReadonlyMap<ActionId, SetAction>> {
    const actions = new Map<ActionId, SetAction>();
    for (const [id, output] of this.#used) {
      const { outputId, size, time } = output;
      const pack = packs.packOf(outputId);
      if (pack === undefined && !(await this.#isByItself(output))) continue;
      actions.set(id, { outputId, size, time, pack, idle: 0 });
    }
    for (const [id, action] of previous?.actions ?? []) {
      const pack = packs.packOf(action.outputId);
      const isKept = pack !== undefined && action.idle < MAX_IDLE && actions.size < MAX_SET_ACTIONS;
      if (isKept && !actions.has(id)) actions.set(id, { ...action, pack, idle: action.idle + 1 });
    }
    return actions;
  }

  async #isByItself(output: CachedOutput): Promise<boolean> {
    return output.outputId === EMPTY_OUTPUT || (await this.#uploader.output(output));
  }
}
