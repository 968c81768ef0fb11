import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { Adler32 } from "../adler32.ts";
import { decodeManifest } from "../manifest_codec.ts";
import type { CommitOutcome } from "./commit_queue.ts";
import type { GitStoreReader } from "./git_store_reader.ts";
import { readBlob, readModuleTree } from "./module_tree.ts";
import { NewObjects } from "./new_objects.ts";
import type { ObjectId } from "./object_id.ts";
import { PackChunks } from "./pack_writer.ts";
import { type RefName, refName } from "./ref_name.ts";
import { type RefChanges, transactRefs } from "./ref_transaction.ts";
import type { Repository } from "./repository.ts";
import { addJobObjects, type WriteJob } from "./write_job.ts";

/** How often a batch is written anew because packs that it relied on vanished; the last time it relies on none. */
const ATTEMPTS = 4;

interface PlannedRef {
  readonly name: RefName;
  readonly id: ObjectId;
  readonly job: WriteJob;
}

/** Jobs that failed by themselves. */
type Failures = Map<WriteJob, unknown>;

/** Writes batches of jobs: one pack, then one transaction of refs. */
export class BatchWriter {
  readonly #repository: Repository;
  readonly #reader: GitStoreReader;
  readonly #adler32 = new Adler32();
  readonly #chunks = new PackChunks();

  constructor(repository: Repository, reader: GitStoreReader) {
    this.#repository = repository;
    this.#reader = reader;
  }

  /**
   * @returns for each job whether it failed by itself
   * @throws what made all of them fail
   */
  async write(jobs: readonly WriteJob[]): Promise<readonly CommitOutcome[]> {
    for (let attempt = 1; ; attempt++) {
      const failures: Failures = new Map();
      using resources = new DisposableStack();
      const objects = new NewObjects(this.#reader.database, this.#adler32, attempt < ATTEMPTS);
      const refs = planRefs(jobs, objects, failures, resources);
      const pack = await objects.write(this.#repository, this.#chunks);
      const packs = new Set(objects.reliedOn);
      if (pack !== undefined) packs.add(pack);
      if (await this.#writeRefs(refs, packs, failures)) {
        return jobs.map((job) => ({ error: failures.get(job) }));
      }
    }
  }

  /**
   * Under the lock, without which no object is ever dropped, it is certain whether all objects are there.
   *
   * @returns whether they are, and the refs were written
   */
  async #writeRefs(
    refs: readonly PlannedRef[],
    packs: ReadonlySet<string>,
    failures: Failures,
  ): Promise<boolean> {
    const { database } = this.#reader;
    let complete = false;
    await transactRefs(this.#repository, this.#reader.refs, () => {
      database.rescan();
      complete = packs.isSubsetOf(new Set(database.packs().map((pack) => pack.name)));
      return complete ? this.#changes(refs, failures) : new Map();
    });
    return complete;
  }

  /** What is resident stays as it is: a reader may have told its sizes to a kernel, which remembers them for ever. */
  #changes(refs: readonly PlannedRef[], failures: Failures): RefChanges {
    const changes = new Map<RefName, ObjectId>();
    for (const { name, id, job } of refs) {
      const resident = this.#reader.refs.get(name);
      if (resident === undefined) changes.set(name, id);
      else if (job.kind === "zip") {
        const h1 = this.#residentH1(resident);
        if (h1 === undefined) changes.set(name, id);
        else if (h1 !== job.module.h1) failures.set(job, contradiction(job.id, h1, job.module.h1));
      } else if (!this.#isIntactBlob(resident)) changes.set(name, id);
    }
    return changes;
  }

  /** The hash of a module that is resident; undefined if it is damaged or another program stored it. */
  #residentH1(tree: ObjectId): H1 | undefined {
    const { database } = this.#reader;
    return unlessDamaged(() => {
      const { manifest } = readModuleTree(database, tree);
      return manifest && decodeManifest(readBlob(database, manifest)).h1;
    });
  }

  #isIntactBlob(id: ObjectId): boolean {
    return unlessDamaged(() => readBlob(this.#reader.database, id)) !== undefined;
  }
}

/** A job whose content collides with what is stored fails by itself. */
function planRefs(
  jobs: readonly WriteJob[],
  objects: NewObjects,
  failures: Failures,
  resources: DisposableStack,
): PlannedRef[] {
  const refs: PlannedRef[] = [];
  for (const job of jobs) {
    try {
      refs.push({
        name: refName(job.id, job.kind),
        id: addJobObjects(job, objects, resources),
        job,
      });
    } catch (error) {
      failures.set(job, error);
    }
  }
  return refs;
}

function unlessDamaged<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (isGomodfsError(error, "STORE")) return undefined;
    throw error;
  }
}

function contradiction(id: ModuleVersion, resident: H1, other: H1): GomodfsError {
  const module = formatModuleVersion(id);
  return new GomodfsError(
    "SECURITY",
    `${module} has the hash ${other}, the stored one ${resident}`,
    {
      hint: "a version never changes; if the stored one is wrong, remove it from the store",
    },
  );
}
