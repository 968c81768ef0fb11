/**
 * Numbers of the FUSE wire protocol, as in linux/fuse.h. All integers are in the byte order of the machine; gomodfs
 * runs on little-endian machines only.
 */

/** `FUSE_KERNEL_VERSION`. */
export const MAJOR_VERSION = 7;
/** The newest minor version whose structures are the ones below. */
export const MINOR_VERSION = 39;
/** The oldest minor version whose `fuse_init_out` has 64 bytes. */
export const OLDEST_MINOR_VERSION = 23;
/** `FUSE_ROOT_ID`. */
export const ROOT_ID = 1;
/** The inode number of a directory row whose node is not told (libfuse's `FUSE_UNKNOWN_INO`). */
export const UNKNOWN_INODE = 0xffff_ffff;

/** `enum fuse_opcode`. */
export const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  GETLK: 31,
  SETLK: 32,
  SETLKW: 33,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  BMAP: 37,
  DESTROY: 38,
  IOCTL: 39,
  POLL: 40,
  NOTIFY_REPLY: 41,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  LSEEK: 46,
  COPY_FILE_RANGE: 47,
  SETUPMAPPING: 48,
  REMOVEMAPPING: 49,
  SYNCFS: 50,
  TMPFILE: 51,
  STATX: 52,
  COPY_FILE_RANGE_64: 53,
} as const;

/** Above every opcode of {@linkcode Opcode}. */
export const OPCODE_LIMIT = 64;

/** Flags of the INIT request and reply. */
export const InitFlag = {
  ASYNC_READ: 1 << 0,
  DO_READDIRPLUS: 1 << 13,
  NO_OPEN_SUPPORT: 1 << 17,
  PARALLEL_DIROPS: 1 << 18,
  ABORT_ERROR: 1 << 21,
  MAX_PAGES: 1 << 22,
  CACHE_SYMLINKS: 1 << 23,
  NO_OPENDIR_SUPPORT: 1 << 24,
  EXPLICIT_INVAL_DATA: 1 << 25,
  INIT_EXT: 1 << 30,
} as const;

/** `open_flags` of the OPEN and OPENDIR replies. */
export const OpenFlag = { KEEP_CACHE: 1 << 1, CACHE_DIR: 1 << 3 } as const;

/** `enum fuse_notify_code`. */
export const NotifyCode = { INVAL_INODE: 2, INVAL_ENTRY: 3, RETRIEVE: 5 } as const;

/** Sizes of structures, in bytes. */
export const Size = {
  IN_HEADER: 40,
  OUT_HEADER: 16,
  INIT_OUT: 64,
  ENTRY_OUT: 128,
  ATTR: 88,
  DIRENT: 24,
  FORGET_ONE: 16,
} as const;

/** File type bits of `mode`, and the same as `type` of a directory row. */
export const FileType = {
  DIRECTORY: { mode: 0o040000, dirent: 4 },
  REGULAR: { mode: 0o100000, dirent: 8 },
} as const;

/** Directory rows are padded to this (`FUSE_DIRENT_ALIGN`). */
export const DIRENT_ALIGNMENT = 8;

/** Bytes of a page on the machines whose kernels count `max_pages` in units of 4 KiB. */
const PAGE_SIZE = 4096;
/** `max_pages` of the INIT reply: READ requests of up to 1 MiB. */
export const MAX_PAGES = 256;
/** The largest READ in bytes; also the mount option `max_read`. */
export const MAX_READ = MAX_PAGES * PAGE_SIZE;
/** `max_write` of the INIT reply: the least that kernels accept, since nothing is ever written. */
export const MAX_WRITE = PAGE_SIZE;
/**
 * The largest request that is read: a SETXATTR with a value of 64 KiB and its name still fits, so that it can be
 * refused with EROFS. Kernels refuse to fill less than `FUSE_MIN_READ_BUFFER` (8192).
 */
export const MAX_REQUEST = 128 * 1024;
