/** The names of the two SASL mechanisms that Postgres speaks (RFC 7677 s.4). */

export const SCRAM_SHA_256 = 'SCRAM-SHA-256'

/** With channel binding: the proof holds only on the TLS channel that it was made for. */
export const SCRAM_SHA_256_PLUS = 'SCRAM-SHA-256-PLUS'

/** Random bytes in one side's nonce, sent as base64. SCRAM_RAW_NONCE_LEN, postgres src/include/common/scram-common.h */
export const RAW_NONCE_BYTES = 18
