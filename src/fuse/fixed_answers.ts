import { constants } from "node:os";
import { Opcode } from "./protocol.ts";

const { EINVAL, ENOSYS, ENOTTY, EROFS } = constants.errno;

/**
 * Opcodes whose answer is the same for every node: a positive errno, or 0 for success without a body.
 *
 * Kernels remember ENOSYS to some and never send them again (fs/fuse): OPEN and OPENDIR, if they offered NO_OPEN_SUPPORT
 * and NO_OPENDIR_SUPPORT, mean "no handles, and keep the cache"; FLUSH, FSYNC, FSYNCDIR and ACCESS "always succeeds";
 * GETXATTR and LISTXATTR EOPNOTSUPP; POLL "always ready"; LSEEK, STATX and BMAP what the kernel does without the file
 * system.
 */
const FIXED_ERRNO: ReadonlyMap<number, number> = new Map([
  [Opcode.FLUSH, ENOSYS],
  [Opcode.FSYNC, ENOSYS],
  [Opcode.FSYNCDIR, ENOSYS],
  [Opcode.ACCESS, ENOSYS],
  [Opcode.GETXATTR, ENOSYS],
  [Opcode.LISTXATTR, ENOSYS],
  [Opcode.POLL, ENOSYS],
  [Opcode.LSEEK, ENOSYS],
  [Opcode.STATX, ENOSYS],
  [Opcode.BMAP, ENOSYS],
  [Opcode.IOCTL, ENOTTY],
  [Opcode.READLINK, EINVAL],
  [Opcode.RELEASE, 0],
  [Opcode.RELEASEDIR, 0],
  [Opcode.DESTROY, 0],
  ...modifying().map((opcode): [number, number] => [opcode, EROFS]),
]);

/**
 * Everything that would change something is refused with EROFS and nothing else: cmd/go goes on after EROFS where it
 * can do without writing, but not after EACCES or EPERM (cmd/go/internal/modfetch, isErrReadOnlyFS).
 */
function modifying(): number[] {
  return [
    Opcode.SETATTR,
    Opcode.SYMLINK,
    Opcode.MKNOD,
    Opcode.MKDIR,
    Opcode.UNLINK,
    Opcode.RMDIR,
    Opcode.RENAME,
    Opcode.LINK,
    Opcode.WRITE,
    Opcode.SETXATTR,
    Opcode.REMOVEXATTR,
    Opcode.CREATE,
    Opcode.FALLOCATE,
    Opcode.RENAME2,
    Opcode.COPY_FILE_RANGE,
    Opcode.COPY_FILE_RANGE_64,
    Opcode.TMPFILE,
  ];
}

/** The errno (positive; 0 is success) with which a request of this opcode is always answered. */
export function fixedErrno(opcode: number): number {
  return FIXED_ERRNO.get(opcode) ?? ENOSYS;
}
