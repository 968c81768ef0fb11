import type { XdrReader } from "../xdr/xdr_reader.ts";
import { MAX_STRING, Procedure } from "./nfs_constants.ts";

/** One file that a writing procedure names. */
export interface RefusedFile {
  /** Reads what stands before its handle in the parameters. */
  readonly skipBefore: (parameters: XdrReader) => void;
  /** What the reply has of it: `wcc_data` or `post_op_attr`. */
  readonly result: "wcc" | "attributes";
}

const nothing = (): void => {};
const name = (parameters: XdrReader): void => {
  parameters.opaque(MAX_STRING);
};
const ONE: readonly RefusedFile[] = [{ skipBefore: nothing, result: "wcc" }];

/**
 * The procedures that would change something, and the files that each begins with in its parameters and in its reply to
 * a failure (RFC 1813 sections 3.3.2, 3.3.7 to 3.3.15 and 3.3.21).
 */
export const READ_ONLY_REFUSALS: ReadonlyMap<number, readonly RefusedFile[]> = new Map([
  [Procedure.SETATTR, ONE],
  [Procedure.WRITE, ONE],
  [Procedure.CREATE, ONE],
  [Procedure.MKDIR, ONE],
  [Procedure.SYMLINK, ONE],
  [Procedure.MKNOD, ONE],
  [Procedure.REMOVE, ONE],
  [Procedure.RMDIR, ONE],
  [
    Procedure.RENAME,
    [
      { skipBefore: nothing, result: "wcc" },
      { skipBefore: name, result: "wcc" },
    ],
  ],
  [
    Procedure.LINK,
    [
      { skipBefore: nothing, result: "attributes" },
      { skipBefore: nothing, result: "wcc" },
    ],
  ],
  [Procedure.COMMIT, ONE],
]);
