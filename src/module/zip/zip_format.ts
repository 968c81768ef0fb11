/**
 * Constants of the zip format, named and numbered as in PKWARE's APPNOTE.TXT 6.3.10 (sections in brackets) and in Go's
 * archive/zip. All integers of the format are little-endian.
 */

/** [4.3.7] Local file header. */
export const LOCAL_FILE_HEADER_SIGNATURE = 0x04034b50;
/** [4.3.9.3] Data descriptor; writers may leave the signature out. */
export const DATA_DESCRIPTOR_SIGNATURE = 0x08074b50;
/** [4.3.12] Central directory header. */
export const CENTRAL_DIRECTORY_HEADER_SIGNATURE = 0x02014b50;
/** [4.3.16] End of central directory record. */
export const END_OF_CENTRAL_DIRECTORY_SIGNATURE = 0x06054b50;
/** [4.3.14] Zip64 end of central directory record. */
export const ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE = 0x06064b50;
/** [4.3.15] Zip64 end of central directory locator. */
export const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;

/** Bytes of a local file header before its name. */
export const LOCAL_FILE_HEADER_LENGTH = 30;
/** Bytes of a central directory header before its name. */
export const CENTRAL_DIRECTORY_HEADER_LENGTH = 46;
/** Bytes of the end of central directory record before its comment. */
export const END_OF_CENTRAL_DIRECTORY_LENGTH = 22;
/** Bytes of the zip64 end of central directory record, without an extensible data sector. */
export const ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH = 56;
/** Bytes of the zip64 end of central directory locator. */
export const ZIP64_LOCATOR_LENGTH = 20;
/** Bytes of the shortest data descriptor: CRC-32 and two 32-bit sizes, no signature. */
export const DATA_DESCRIPTOR_MINIMUM_LENGTH = 12;

/** [4.4.5] The file is stored without compression. */
export const METHOD_STORED = 0;
/** [4.4.5] The file is deflated (RFC 1951). */
export const METHOD_DEFLATED = 8;

/** [4.4.4] Bit 0: encrypted; bit 6: strong encryption; bit 13: local header values masked. */
export const FLAGS_ENCRYPTED = 0x2041;
/** [4.4.4] Bit 3: CRC and sizes follow the data, in a data descriptor. */
export const FLAG_DATA_DESCRIPTOR = 0x0008;
/** [4.4.4] Bit 11: name and comment are UTF-8. */
export const FLAG_UTF8 = 0x0800;

/** [4.5.3] Header id of the zip64 extended information extra field. */
export const ZIP64_EXTRA_ID = 0x0001;

/** [4.4.2.2] Upper byte of "version made by" where external attributes hold a Unix mode: Unix and macOS. */
export const CREATOR_UNIX = 3;
export const CREATOR_MACOS = 19;

/** A 16-bit or 32-bit field at its maximum says that the zip64 record holds the value. */
export const UINT16_MAX = 0xffff;
export const UINT32_MAX = 0xffffffff;
