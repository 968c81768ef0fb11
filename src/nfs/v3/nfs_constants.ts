/** The program number of NFS, and the version that is served (RFC 1813 section 3). */
export const NFS_PROGRAM = 100_003;
export const NFS_V3 = 3;

/** Procedures (RFC 1813 section 3.3). */
export const Procedure = {
  NULL: 0,
  GETATTR: 1,
  SETATTR: 2,
  LOOKUP: 3,
  ACCESS: 4,
  READLINK: 5,
  READ: 6,
  WRITE: 7,
  CREATE: 8,
  MKDIR: 9,
  SYMLINK: 10,
  MKNOD: 11,
  REMOVE: 12,
  RMDIR: 13,
  RENAME: 14,
  LINK: 15,
  READDIR: 16,
  READDIRPLUS: 17,
  FSSTAT: 18,
  FSINFO: 19,
  PATHCONF: 20,
  COMMIT: 21,
} as const;
export const PROCEDURE_COUNT = 22;

/** `nfsstat3` (RFC 1813 section 2.6), as far as a read-only server has use for it. */
export const Status = {
  OK: 0,
  NOENT: 2,
  IO: 5,
  NOTDIR: 20,
  ISDIR: 21,
  INVAL: 22,
  ROFS: 30,
  NAMETOOLONG: 63,
  STALE: 70,
  BADHANDLE: 10_001,
  BAD_COOKIE: 10_003,
  TOOSMALL: 10_005,
  JUKEBOX: 10_008,
} as const;
/** One of {@linkcode Status} other than OK. */
export type FailureStatus = Exclude<(typeof Status)[keyof typeof Status], 0>;

/** `ftype3`. */
export const FileType = { REGULAR: 1, DIRECTORY: 2 } as const;

/** Bits of ACCESS (section 3.3.4). */
export const Access = { READ: 0x01, LOOKUP: 0x02, EXECUTE: 0x20 } as const;

/** FSF3_HOMOGENEOUS of FSINFO: PATHCONF says the same of every file. */
export const FSF3_HOMOGENEOUS = 0x08;

/** Bytes of a file handle (NFS3_FHSIZE). */
export const MAX_HANDLE = 64;
/** Bytes of the verifiers of READDIR, CREATE and WRITE. */
export const VERIFIER_SIZE = 8;
/** Bytes of a name: what Linux allows in any file system, and FUSE shows. */
export const MAX_NAME = 255;
/** Bytes of a name or a symbolic link's text in a call, beyond which it is not worth reading. */
export const MAX_STRING = 4_096;
/** Bytes that one READ gives at most. */
export const MAX_READ = 1024 * 1024;
/** Bytes that a client may put into one WRITE, to be refused. */
export const MAX_WRITE = 64 * 1024;
/** Bytes of results of READDIR and READDIRPLUS at most. */
export const MAX_LISTING = 256 * 1024;
