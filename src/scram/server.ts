/**
 * The server's side of SCRAM-SHA-256(-PLUS), as postgres auth-scram.c plays it (RFC 5802 s.5, RFC 7677, RFC 5929).
 * Pure: bytes and a nonce go in, bytes come out; sockets, clocks and look-ups are the caller's.
 */
import { AttributeReader, decodeBase64, isPrintable, readText } from './attributes.js'
import { type BindingFlag, channelBindingInput, splitGs2Header } from './gs2-header.js'
import { joinAuthMessage, KEY_BYTES, proofMatches, type ScramKeys, signAsServer } from './keys.js'
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS } from './mechanisms.js'
import { ScramError } from './scram-error.js'

/**
 * The longest message taken from a client; honest ones have some 200 bytes. The client is not authenticated here, and
 * every byte is hashed once for every candidate.
 */
export const MAX_CLIENT_MESSAGE_BYTES = 4_096

/** One set of keys that the proof may belong to. The id comes back in the match. */
export type Candidate = ScramKeys & { id: string }

/** Whose keys the proof was made with, and the server-final-message that answers it. */
export type Match = { id: string; serverFinal: Buffer }

type State =
  | { step: 'client-first' }
  | { step: 'server-first'; clientFirstBare: string; nonce: string; binding: string }
  | { step: 'client-final'; clientFirstBare: string; serverFirst: string; nonce: string; binding: string }
  | { step: 'checked'; authMessage: Buffer; proof: Buffer }
  | { step: 'over' }

/** One exchange, good for one login: clientFirst, serverFirst, clientFinal, in this order, then recheck at will. */
export class ScramServer {
  readonly #serverNonce: string
  readonly #channelBinding: Buffer | null
  #state: State = { step: 'client-first' }

  /**
   * Takes the server's part of the nonce (printable ASCII without comma, fresh and unpredictable for every exchange)
   * and the end-point hash of the certificate that this connection was shown, or null without TLS or hash.
   */
  constructor({ serverNonce, channelBinding }: { serverNonce: string; channelBinding: Buffer | null }) {
    if (!isPrintable(serverNonce)) throw new TypeError('serverNonce must be printable ASCII without comma')
    this.#serverNonce = serverNonce
    this.#channelBinding = channelBinding
  }

  /** Lists what to offer in AuthenticationSASL, best first: PLUS only when there is a channel to bind to. */
  mechanisms(): string[] {
    return this.#channelBinding === null ? [SCRAM_SHA_256] : [SCRAM_SHA_256_PLUS, SCRAM_SHA_256]
  }

  /**
   * Reads the client-first-message. A SASLInitialResponse may lack it: send an empty challenge then and call this with
   * what comes. The user name returned is what the client claims and, as in Postgres, means nothing: most drivers send
   * it empty or `*`, and the start-up packet's counts.
   *
   * @throws ScramError on any violation; the exchange is over then
   */
  clientFirst(mechanism: string, data: Buffer): { username: string } {
    this.#leave('client-first')
    if (!this.mechanisms().includes(mechanism)) throw new ScramError('unsupported_mechanism')
    const { flag, bare } = splitGs2Header(readText(data, MAX_CLIENT_MESSAGE_BYTES))
    this.#judgeFlag(flag, mechanism)

    const attributes = new AttributeReader(bare)
    const username = attributes.take('n')
    const clientNonce = attributes.take('r')
    if (!isPrintable(clientNonce)) throw new ScramError('invalid_encoding', { detail: 'nonce' })
    attributes.skipExtensions()

    this.#state = {
      step: 'server-first',
      clientFirstBare: bare,
      nonce: clientNonce + this.#serverNonce,
      binding: channelBindingInput(flag, this.#channelBinding),
    }
    return { username: Buffer.from(username, 'latin1').toString('utf8') }
  }

  /** Returns the server-first-message: the joint nonce, the salt and the iteration count of the account's keys. */
  serverFirst({ salt, iterations }: { salt: Buffer; iterations: number }): Buffer {
    if (salt.length === 0) throw new RangeError('salt must not be empty')
    if (!Number.isSafeInteger(iterations) || iterations < 1) throw new RangeError('iterations must be at least 1')
    const state = this.#leave('server-first')
    const serverFirst = `r=${state.nonce},s=${salt.toString('base64')},i=${iterations}`
    this.#state = { ...state, step: 'client-final', serverFirst }
    return Buffer.from(serverFirst, 'latin1')
  }

  /**
   * Checks the client-final-message against every candidate, in constant time and without stopping at a match, so that
   * the time taken does not tell which key matched. Where there is no candidate pass the doomed keys, so that it does
   * not tell that there was none either.
   *
   * @returns the match (the first, if two candidates have the same keys), or null when the proof fits none
   * @throws ScramError on a malformed message, a nonce of another exchange, or a channel that isn't this one
   */
  clientFinal(data: Buffer, candidates: readonly Candidate[]): Match | null {
    const state = this.#leave('client-final')
    const text = readText(data, MAX_CLIENT_MESSAGE_BYTES)
    const { binding, nonce, proof, finalWithoutProof } = parseClientFinal(text)
    // Neither value is a secret, so plain comparison will do.
    if (binding !== state.binding) throw new ScramError('binding_mismatch')
    if (nonce !== state.nonce) throw new ScramError('nonce_mismatch')
    this.#state = { step: 'checked', authMessage: joinAuthMessage({ ...state, finalWithoutProof }), proof }
    return this.recheck(candidates)
  }

  /** Checks the same proof against other candidates, for keys that were made a moment ago. As clientFinal otherwise. */
  recheck(candidates: readonly Candidate[]): Match | null {
    if (this.#state.step !== 'checked') throw new ScramError('unexpected_step')
    const { authMessage, proof } = this.#state
    let match: Candidate | null = null
    for (const candidate of candidates) {
      if (proofMatches(candidate.storedKey, authMessage, proof)) match ??= candidate
    }
    if (match === null) return null
    const signature = signAsServer(match.serverKey, authMessage)
    return { id: match.id, serverFinal: Buffer.from(`v=${signature.toString('base64')}`, 'latin1') }
  }

  /** Flag and mechanism must tell the same story, or somebody on the way has changed the offer (RFC 5802 s.6). */
  #judgeFlag(flag: BindingFlag, mechanism: string): void {
    const plus = mechanism === SCRAM_SHA_256_PLUS
    if (flag === 'p' && !plus) throw new ScramError('binding_not_offered')
    if (flag !== 'p' && plus) throw new ScramError('binding_missing')
    if (flag === 'y' && this.#channelBinding !== null) throw new ScramError('binding_downgrade')
  }

  /** Takes the state out, so that a step that fails leaves an exchange that is over. */
  #leave<S extends State['step']>(step: S): Extract<State, { step: S }> {
    const state = this.#state
    this.#state = { step: 'over' }
    if (state.step !== step) throw new ScramError('unexpected_step')
    return state as Extract<State, { step: S }>
  }
}

function parseClientFinal(text: string): { binding: string; nonce: string; proof: Buffer; finalWithoutProof: string } {
  const attributes = new AttributeReader(text)
  const binding = attributes.take('c')
  const nonce = attributes.take('r')
  let proofOffset = attributes.offset
  let last = attributes.next()
  while (last.name !== 'p') {
    proofOffset = attributes.offset
    last = attributes.next()
  }
  if (!attributes.done) throw new ScramError('malformed_message', { detail: 'proof must come last' })
  const proof = decodeBase64(last.value)
  if (proof.length !== KEY_BYTES) throw new ScramError('malformed_message', { detail: 'length of the proof' })
  return { binding, nonce, proof, finalWithoutProof: text.slice(0, proofOffset - 1) }
}
