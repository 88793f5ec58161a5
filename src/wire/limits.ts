// Sizes that the protocol or postgres itself sets. All are bytes, and count a body without its type and length word.

/** Longest first packet that is read. MAX_STARTUP_PACKET_LENGTH, postgres src/include/libpq/pqcomm.h. */
export const MAX_STARTUP_BYTES = 10_000

/** Longest password message that is read. PG_MAX_AUTH_TOKEN_LENGTH, postgres src/include/libpq/auth.h. */
export const MAX_AUTH_MESSAGE_BYTES = 65_535

/** Longest SASL message that is read. PG_MAX_SASL_MESSAGE_LENGTH, postgres src/include/libpq/sasl.h. */
export const MAX_SASL_MESSAGE_BYTES = 1_024

/** Longest message taken from an upstream during login. Our choice: an error text may be long, but not endless. */
export const MAX_LOGIN_MESSAGE_BYTES = 65_536

/** Shortest cancel key, and the only length that protocol 3.0 knows. Manual, "Message Formats", BackendKeyData. */
export const MIN_CANCEL_KEY_BYTES = 4

/** Longest cancel key of protocol 3.2. Manual, "Message Formats", BackendKeyData. */
export const MAX_CANCEL_KEY_BYTES = 256

/** Most unread bytes that a PacketReader holds. Our choice: the longest message and a few socket reads of 64 KiB. */
export const MAX_BUFFERED_BYTES = 262_144

/**
 * Longest text of one error field, in UTF-16 units. Our choice: all fields together stay under the 30,000 bytes
 * above which libpq doubts an error received during login (MAX_ERRLEN, src/interfaces/libpq/fe-connect.c).
 */
export const MAX_ERROR_FIELD_LENGTH = 2_000
