/** Bytes of a record mark (RFC 5531 section 11). */
export const RECORD_MARK_SIZE = 4;
/** The bit of a record mark that says that the fragment is its record's last; the others are its length. */
export const LAST_FRAGMENT = 0x8000_0000;
