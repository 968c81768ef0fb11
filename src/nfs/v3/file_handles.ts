import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ModuleVersion } from "../../module/module_version.ts";
import type { TreeNode } from "../../tree/tree_node.ts";
import {
  type HandleScope,
  handleName,
  parseHandleName,
  ScopeCode,
  scopeKey,
  scopeOf,
} from "./handle_name.ts";
import type { LongNames } from "./long_names.ts";

/**
 * A handle has at most 64 bytes:
 *
 *     0      form (high half: the name itself or its digest) and code of what it names (low half)
 *     1..3   which file or directory of a module; 0 otherwise
 *     4..19  the first half of an HMAC-SHA-256 of form, code and name
 *     20..   the name, or its SHA-256
 *
 * The number of a file is not authenticated: who may read one file of a module may read all.
 */
const Form = { NAME: 0x10, DIGEST: 0x20 } as const;
const INDEX_OFFSET = 1;
const INDEX_SIZE = 3;
const TAG_OFFSET = 4;
const TAG_SIZE = 16;
const NAME_OFFSET = TAG_OFFSET + TAG_SIZE;
const MAX_NAME = 44;
/** Scopes whose handles need no computing again; each takes up some 400 bytes. */
const KEPT_SCOPES = 16_384;
const KEY_CONTEXT = "gomodfs nfs handle v1";

/** What is the same in the handles and file numbers of a scope. */
interface ScopeHandle {
  readonly scope: HandleScope;
  /** A handle of the scope. */
  readonly handle: Buffer;
  /** The file number of its first file: 63 bits in two halves. */
  readonly numberHigh: number;
  readonly numberLow: number;
}

/** A number of 64 bits in two halves of 32. */
export interface FileNumber {
  readonly high: number;
  readonly low: number;
}

/**
 * File handles and file numbers of nodes. Both follow from what they name and, for handles, the key: they are the same
 * after a restart and on every host with the same store. Nobody without the key can make a handle.
 */
export class FileHandles {
  readonly #key: Uint8Array;
  readonly #longNames: LongNames;
  readonly #byScope = new LRUCache<string, ScopeHandle>({ max: KEPT_SCOPES });
  readonly #byTag = new LRUCache<string, ScopeHandle>({ max: KEPT_SCOPES });
  readonly #ofModule = new WeakMap<ModuleVersion, ScopeHandle>();

  /** @param key secret; see {@linkcode handleKey} */
  constructor(key: Uint8Array, longNames: LongNames) {
    this.#key = key;
    this.#longNames = longNames;
  }

  /** The handle of a node; valid until the next call. */
  handle(node: TreeNode): Buffer {
    const { handle } = this.#scopeHandle(node);
    if (node.kind !== "path") {
      const code = node.kind === "module-file" ? ScopeCode.MODULE_FILE : ScopeCode.MODULE_DIRECTORY;
      handle[0] = ((handle[0] ?? 0) & 0xf0) | code;
      handle.writeUIntBE(node.index, INDEX_OFFSET, INDEX_SIZE);
    }
    return handle;
  }

  /** The file number of a node, which no other has except by an improbable chance. */
  fileNumber(node: TreeNode): FileNumber {
    const { numberHigh, numberLow } = this.#scopeHandle(node);
    if (node.kind === "path") return { high: numberHigh, low: numberLow };
    const low = numberLow + node.index * 2 + (node.kind === "module-file" ? 0 : 1);
    const carry = low >= 2 ** 32 ? 1 : 0;
    return { high: (numberHigh + carry) % 2 ** 31, low: low % 2 ** 32 };
  }

  /**
   * The node of a handle. It need not be resident, and the number of a file of a module may be too high.
   *
   * @returns "bad" if it is none of ours, "stale" if it is, but nothing is known any more of what it names
   */
  parse(handle: Buffer): TreeNode | "bad" | "stale" {
    if (handle.length < NAME_OFFSET) return "bad";
    const code = (handle[0] ?? 0) & 0x0f;
    const index = handle.readUIntBE(INDEX_OFFSET, INDEX_SIZE);
    const known = this.#byTag.get(tagKey(handle)) ?? this.#authenticate(handle);
    if (known === "bad" || known === "stale") return known;
    const { scope } = known;
    if (((handle[0] ?? 0) & 0xf0) !== ((known.handle[0] ?? 0) & 0xf0)) return "bad";
    if (scope.kind === "path") {
      return handle[0] === known.handle[0] && index === 0 ? scope : "bad";
    }
    if (code === ScopeCode.MODULE_FILE) return { kind: "module-file", id: scope.id, index };
    if (code === ScopeCode.MODULE_DIRECTORY) {
      return { kind: "module-directory", id: scope.id, index };
    }
    return "bad";
  }

  #authenticate(handle: Buffer): ScopeHandle | "bad" | "stale" {
    const first = handle[0] ?? 0;
    const form = first & 0xf0;
    const code = parseCode(first & 0x0f);
    const name = handle.subarray(NAME_OFFSET);
    if (code === undefined) return "bad";
    const tag = handle.subarray(TAG_OFFSET, NAME_OFFSET);
    if (!timingSafeEqual(tag, this.#tag(form, code, name))) return "bad";
    const text = form === Form.NAME ? name.toString("utf8") : this.#longNames.find(name);
    const scope = text === undefined ? undefined : parseHandleName({ code, text });
    return scope === undefined ? "stale" : this.#make(scope);
  }

  #scopeHandle(node: TreeNode): ScopeHandle {
    const known = node.kind === "path" ? undefined : this.#ofModule.get(node.id);
    if (known !== undefined) return known;
    const scope = scopeOf(node);
    const made = this.#byScope.get(scopeKey(scope)) ?? this.#make(scope);
    if (node.kind !== "path") this.#ofModule.set(node.id, made);
    return made;
  }

  #make(scope: HandleScope): ScopeHandle {
    const { code, text } = handleName(scope);
    const bytes = Buffer.from(text);
    const form = bytes.length <= MAX_NAME ? Form.NAME : Form.DIGEST;
    const name = form === Form.NAME ? bytes : this.#longNames.digest(text);
    const handle = Buffer.concat([
      Buffer.of(form | code, 0, 0, 0),
      this.#tag(form, code, name),
      name,
    ]);
    const digest = createHash("sha256").update(scopeKey(scope)).digest();
    const made: ScopeHandle = {
      scope,
      handle,
      numberHigh: digest.readUInt32BE(0) % 2 ** 31,
      numberLow: digest.readUInt32BE(4),
    };
    this.#byScope.set(scopeKey(scope), made);
    this.#byTag.set(tagKey(handle), made);
    return made;
  }

  #tag(form: number, code: ScopeCode, name: Uint8Array): Buffer {
    const shared = code === ScopeCode.MODULE_FILE ? ScopeCode.MODULE_DIRECTORY : code;
    return createHmac("sha256", this.#key)
      .update(KEY_CONTEXT)
      .update(Buffer.of(form | shared))
      .update(name)
      .digest()
      .subarray(0, TAG_SIZE);
  }
}

const CODES: ReadonlySet<number> = new Set(Object.values(ScopeCode));

function isCode(code: number): code is ScopeCode {
  return CODES.has(code);
}

function parseCode(code: number): ScopeCode | undefined {
  return isCode(code) ? code : undefined;
}

/** All that was authenticated, and so no other handle's. */
function tagKey(handle: Buffer): string {
  return handle.toString("latin1", TAG_OFFSET);
}
