/**
 * The client's side of SCRAM-SHA-256(-PLUS), as libpq's fe-auth-scram.c plays it (RFC 5802 s.5, RFC 7677, RFC 5929).
 * The server is not trusted: whatever it sends is capped before it costs anything, and it must prove itself in the end.
 */
import { timingSafeEqual } from 'node:crypto'
import { AttributeReader, decodeBase64, isPrintable, readText } from './attributes.js'
import { readChallenge } from './challenge.js'
import { type BindingFlag, channelBindingInput, gs2Header } from './gs2-header.js'
import { deriveKeys, joinAuthMessage, KEY_BYTES, makeProof, saltPassword, signAsServer } from './keys.js'
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS } from './mechanisms.js'
import { ScramError, type ServerErrorValue } from './scram-error.js'

/** Some 20 ms of a core. Postgres' default is 4096; who asks for more than this wants our CPU (CVE-2026-42198). */
export const DEFAULT_MAX_ITERATIONS = 100_000

/** Honest server messages have some 100 bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_096

export type ScramClientOptions = {
  /** The client's part of the nonce: printable ASCII without comma, fresh and unpredictable for every exchange. */
  clientNonce: string
  password: string
  /** End-point hash of the certificate that the server showed; null without TLS or when there is none. */
  channelBinding: Buffer | null
  maxIterations?: number
  maxMessageBytes?: number
  /** Sent as `n=`. Default empty, as libpq: Postgres goes by the start-up packet. */
  username?: string
  /** Stands in for PBKDF2 over `password`, as a cache; asked only after salt and iterations passed their caps. */
  saltPassword?: (salt: Buffer, iterations: number) => Promise<Buffer>
}

type State =
  | { step: 'first' }
  | { step: 'final'; flag: BindingFlag; clientFirstBare: string }
  | { step: 'verify'; serverSignature: Buffer }
  | { step: 'verified' }
  | { step: 'over' }

/** One exchange, good for one login: first, final, verify, in this order. */
export class ScramClient {
  readonly #options: ScramClientOptions
  #state: State = { step: 'first' }

  constructor(options: ScramClientOptions) {
    if (!isPrintable(options.clientNonce)) throw new TypeError('clientNonce must be printable ASCII without comma')
    this.#options = options
  }

  /**
   * True once the server has proved that it knows the password. An AuthenticationOk before that is worth nothing: it is
   * what an impostor would send.
   */
  get verified(): boolean {
    return this.#state.step === 'verified'
  }

  /**
   * Chooses a mechanism and makes the client-first-message: bound (p) where we and the server can, y where only we
   * can, so that a server that did offer PLUS notices that the offer was cut, else n.
   *
   * @throws ScramError `unsupported_mechanism`
   */
  first(mechanisms: readonly string[]): { mechanism: string; data: Buffer } {
    this.#leave('first')
    const { mechanism, flag } = choose(mechanisms, this.#options.channelBinding !== null)
    const clientFirstBare = `n=${escapeName(this.#options.username ?? '')},r=${this.#options.clientNonce}`
    this.#state = { step: 'final', flag, clientFirstBare }
    return { mechanism, data: Buffer.from(gs2Header(flag) + clientFirstBare, 'latin1') }
  }

  /**
   * Answers the server-first-message with the client-final-message, which proves that we know the password.
   *
   * @throws ScramError when the challenge is malformed or over a cap; nothing was computed then
   */
  async final(data: Buffer): Promise<Buffer> {
    const { flag, clientFirstBare } = this.#leave('final')
    const serverFirst = readText(data, this.#options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES)
    const { nonce, salt, iterations } = readChallenge(serverFirst, {
      clientNonce: this.#options.clientNonce,
      maxIterations: this.#options.maxIterations ?? DEFAULT_MAX_ITERATIONS,
    })
    const saltedPassword = await this.#saltPassword(salt, iterations)

    const { clientKey, storedKey, serverKey } = deriveKeys(saltedPassword)
    const finalWithoutProof = `c=${channelBindingInput(flag, this.#options.channelBinding)},r=${nonce}`
    const authMessage = joinAuthMessage({ clientFirstBare, serverFirst, finalWithoutProof })
    const proof = makeProof({ clientKey, storedKey }, authMessage)
    this.#state = { step: 'verify', serverSignature: signAsServer(serverKey, authMessage) }
    return Buffer.from(`${finalWithoutProof},p=${proof.toString('base64')}`, 'latin1')
  }

  /**
   * Checks the server-final-message: the server must know the password's ServerKey too.
   *
   * @throws ScramError `server_refused`, `server_signature`, or what a malformed message deserves
   */
  verify(data: Buffer): void {
    const { serverSignature } = this.#leave('verify')
    const attributes = new AttributeReader(readText(data, this.#options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES))
    const { name, value } = attributes.next()
    if (name === 'e') throw new ScramError('server_refused', { serverError: knownServerError(value) })
    if (name !== 'v') throw new ScramError('malformed_message', { detail: 'attribute v expected' })
    const claimed = decodeBase64(value)
    attributes.skipExtensions()
    if (claimed.length !== KEY_BYTES || !timingSafeEqual(claimed, serverSignature)) {
      throw new ScramError('server_signature')
    }
    this.#state = { step: 'verified' }
  }

  async #saltPassword(salt: Buffer, iterations: number): Promise<Buffer> {
    const { password, saltPassword: cached } = this.#options
    return cached === undefined ? saltPassword({ password, salt, iterations }) : cached(salt, iterations)
  }

  /** Takes the state out, so that a step that fails leaves an exchange that is over. */
  #leave<S extends State['step']>(step: S): Extract<State, { step: S }> {
    const state = this.#state
    this.#state = { step: 'over' }
    if (state.step !== step) throw new ScramError('unexpected_step')
    return state as Extract<State, { step: S }>
  }
}

function choose(offered: readonly string[], canBind: boolean): { mechanism: string; flag: BindingFlag } {
  if (canBind && offered.includes(SCRAM_SHA_256_PLUS)) return { mechanism: SCRAM_SHA_256_PLUS, flag: 'p' }
  if (offered.includes(SCRAM_SHA_256)) return { mechanism: SCRAM_SHA_256, flag: canBind ? 'y' : 'n' }
  throw new ScramError('unsupported_mechanism')
}

/** Writes a saslname (RFC 5802 s.5.1) as latin1 characters of its UTF-8 bytes. */
function escapeName(name: string): string {
  return Buffer.from(name.replaceAll('=', '=3D').replaceAll(',', '=2C'), 'utf8').toString('latin1')
}

const SERVER_ERRORS: ReadonlySet<string> = new Set<ServerErrorValue>([
  'invalid-encoding',
  'extensions-not-supported',
  'invalid-proof',
  'channel-bindings-dont-match',
  'server-does-support-channel-binding',
  'channel-binding-not-supported',
  'unsupported-channel-binding-type',
  'unknown-user',
  'invalid-username-encoding',
  'no-resources',
])

/** Keeps what RFC 5802 s.7 defines; anything else could be text meant for our logs. */
function knownServerError(value: string): ServerErrorValue {
  return SERVER_ERRORS.has(value) ? (value as ServerErrorValue) : 'other-error'
}
