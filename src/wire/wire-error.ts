// The one error that src/wire throws: the other side's bytes break the protocol, or ours would.

/** Names the broken rule. The proxy maps each to a refusal; see proxy/refuse. */
export type WireErrorCode =
  /** A declared length is over the reader's cap. Nothing of the message has been read. */
  | 'message_too_long'
  /** The body ends before a field that it must hold. */
  | 'message_too_short'
  /** A length field is impossible (negative, less than its own size) or contradicts the body. */
  | 'bad_length'
  /** The body goes on after its last field. */
  | 'trailing_bytes'
  /** A string lacks its terminator or, when encoding, holds a character that can't be sent. */
  | 'bad_string'
  /** A start-up parameter is malformed: no name, or a name without a value. */
  | 'bad_parameter'
  /** The start-up packet names no user, or an empty one. Postgres answers 28000, not 08P01. */
  | 'missing_user'
  /** The major version is not 3, or a server answered with a version that was not asked for. */
  | 'bad_version'
  /** A message, answer or status that the protocol does not allow at this place. */
  | 'unexpected_message'
  /** Plaintext arrived with, or ahead of, the answer to SSLRequest: CVE-2021-23214, CVE-2021-23222. */
  | 'bytes_before_tls'
  /** A load balancer's PROXY protocol header is missing, cut short or malformed. */
  | 'bad_proxy_header'
  /** More bytes wait unread than the reader may hold. The peer sends ahead of the protocol. */
  | 'too_much_buffered'

/**
 * Says that bytes break the protocol. The message names the rule and the field, never a value from the wire:
 * it may be logged, but is still not meant for the client's eyes.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly code: WireErrorCode

  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
