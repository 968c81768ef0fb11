/**
 * A version never changes. Not "public": what was asked for with credentials may be shown to nobody else (RFC 9111 section
 * 3.5).
 */
export const IMMUTABLE = "max-age=31536000, immutable";

/** Lists, the latest version and branches change: a release must show up within a minute. */
export const SHORT_LIVED = "max-age=60";
