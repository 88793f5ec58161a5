/** What went wrong in a SCRAM exchange, by code. RFC 5802 s.7 names the values that a server may send. */

/** The `server-error-value`s of RFC 5802 s.7. Postgres never sends one: it ends the exchange with an ErrorResponse. */
export type ServerErrorValue =
  | 'invalid-encoding'
  | 'extensions-not-supported'
  | 'invalid-proof'
  | 'channel-bindings-dont-match'
  | 'server-does-support-channel-binding'
  | 'channel-binding-not-supported'
  | 'unsupported-channel-binding-type'
  | 'unknown-user'
  | 'invalid-username-encoding'
  | 'no-resources'
  | 'other-error'

export type ScramErrorCode =
  /** The message does not follow the grammar of RFC 5802 s.7. */
  | 'malformed_message'
  /** The message is longer than its cap; nothing of it was parsed. */
  | 'message_too_long'
  /** A value that must be base64, or a nonce that must be printable ASCII, is not. */
  | 'invalid_encoding'
  /** The peer chose, or offers only, mechanisms that were not offered or are not known. */
  | 'unsupported_mechanism'
  /** The peer insists on an extension (`m=`); none is defined. */
  | 'unsupported_extension'
  /** The client wants to act as somebody else (`a=`), which Postgres does not know. */
  | 'authorization_identity'
  /** The client chose SCRAM-SHA-256-PLUS and then bound nothing. */
  | 'binding_missing'
  /** The client binds a channel under plain SCRAM-SHA-256. */
  | 'binding_not_offered'
  /** The client believes that PLUS was not offered, but it was: somebody may have cut it out of the offer. */
  | 'binding_downgrade'
  /** The client binds with another type than tls-server-end-point. */
  | 'binding_type'
  /** The client is bound to another TLS channel than this one: somebody may sit in between. */
  | 'binding_mismatch'
  /** The peer's nonce does not continue or repeat ours: a replay, or a message of another exchange. */
  | 'nonce_mismatch'
  /** The server's nonce is longer than any honest one. */
  | 'nonce_too_long'
  /** A step was taken twice, or before the one it follows. */
  | 'unexpected_step'
  /** The server asks for fewer than 1 or more PBKDF2 iterations than allowed (CVE-2026-42198). */
  | 'iterations_out_of_range'
  /** The server's salt is empty or longer than any honest one. */
  | 'salt_out_of_range'
  /** The server ended the exchange with `e=`; `serverError` says which. */
  | 'server_refused'
  /** The server could not prove that it knows the password's ServerKey: do not trust it. */
  | 'server_signature'

const RULES: Record<ScramErrorCode, readonly [text: string, serverError: ServerErrorValue]> = {
  malformed_message: ['malformed SCRAM message', 'other-error'],
  message_too_long: ['SCRAM message too long', 'no-resources'],
  invalid_encoding: ['invalid encoding in a SCRAM message', 'invalid-encoding'],
  unsupported_mechanism: ['no SASL mechanism in common', 'other-error'],
  unsupported_extension: ['mandatory SCRAM extension is not supported', 'extensions-not-supported'],
  authorization_identity: ['authorization identity is not supported', 'other-error'],
  binding_missing: ['SCRAM-SHA-256-PLUS was chosen without channel binding data', 'channel-bindings-dont-match'],
  binding_not_offered: ['channel binding needs SCRAM-SHA-256-PLUS', 'channel-binding-not-supported'],
  binding_downgrade: [
    'the client thinks that the server does not support channel binding, but it does',
    'server-does-support-channel-binding',
  ],
  binding_type: ['unsupported SCRAM channel binding type', 'unsupported-channel-binding-type'],
  binding_mismatch: ['SCRAM channel binding check failed', 'channel-bindings-dont-match'],
  nonce_mismatch: ['SCRAM nonce does not match', 'other-error'],
  nonce_too_long: ['SCRAM nonce of the server is too long', 'other-error'],
  unexpected_step: ['SCRAM step out of order', 'other-error'],
  iterations_out_of_range: ['SCRAM iteration count of the server is out of range', 'other-error'],
  salt_out_of_range: ['SCRAM salt of the server is empty or too long', 'other-error'],
  server_refused: ['the server refused the SCRAM exchange', 'other-error'],
  server_signature: ['the server could not prove that it knows the password', 'other-error'],
}

/**
 * Says which rule of the exchange was broken. The text is ours alone: it never holds a value from the wire, so it may
 * be logged.
 */
export class ScramError extends Error {
  readonly code: ScramErrorCode
  /** What RFC 5802 s.7 would have the server send, or, for `server_refused`, what it did send. */
  readonly serverError: ServerErrorValue

  /** Takes the code; `detail` (our own words, no wire values) and `serverError` replace what the code implies. */
  constructor(code: ScramErrorCode, { detail, serverError }: { detail?: string; serverError?: ServerErrorValue } = {}) {
    const [text, implied] = RULES[code]
    super(detail === undefined ? text : `${text}: ${detail}`)
    this.name = 'ScramError'
    this.code = code
    this.serverError = serverError ?? implied
  }
}
