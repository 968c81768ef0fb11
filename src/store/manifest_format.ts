/**
 * The layout of an encoded manifest. Integers are big-endian, as in git's own files.
 *
 * ```
 * header          64 bytes
 * records         count times 64 bytes, in ascending byte order of the names
 * names           each ended by a NUL, in the order of the records
 * directories     each ended by a NUL
 * ```
 *
 * Fixed records make every number of every file one read away; names come last since most readers of sizes and ids
 * never look at them.
 */

/** First bytes of a manifest: the format's name and version. */
export const MAGIC = "GMFM\x00\x00\x00\x01";
/** SHA-256 of the module zip's file list, what the h1 hash spells in base64. */
export const H1_OFFSET = 8;
export const H1_LENGTH = 32;
/** Number of files, u32. */
export const COUNT_OFFSET = 40;
/** Bytes of the names, u32. */
export const NAMES_LENGTH_OFFSET = 44;
/** Bytes of the directories, u32. */
export const DIRECTORIES_LENGTH_OFFSET = 48;
/** Sum of all sizes, u64. The four bytes before it are zero. */
export const TOTAL_SIZE_OFFSET = 56;
export const HEADER_LENGTH = 64;

export const RECORD_LENGTH = 64;
/** Content bytes, u32. */
export const SIZE_OFFSET = 0;
/** Bytes of the raw deflate stream or -1, i32. */
export const STORED_SIZE_OFFSET = 4;
/** CRC-32 of the content, u32. */
export const CRC32_OFFSET = 8;
/** Git blob id of the content. */
export const OBJECT_ID_OFFSET = 12;
export const OBJECT_ID_LENGTH = 20;
/** SHA-256 of the content. */
export const SHA256_OFFSET = 32;
export const SHA256_LENGTH = 32;
