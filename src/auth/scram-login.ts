// One SCRAM exchange of a client that claims to be an account: RFC 5802, with one proof checked against every key.

import { randomBytes } from 'node:crypto'
import { Refusal } from '../errors.js'
import { tlsServerEndPoint } from '../scram/channel-binding.js'
import { doomedKeys } from '../scram/doomed.js'
import { doomedParameters } from '../scram/parameters.js'
import { ScramError, type ScramErrorCode } from '../scram/scram-error.js'
import { ScramServer } from '../scram/server.js'
import type { AccountLookUp } from './account-look-up.js'
import type { AccountRecord, KeyRecord } from './account.js'
import { judge, type Principal } from './principal.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'

export interface ScramLoginOptions {
  /** The claimed account. */
  readonly name: string
  /** The client's address. */
  readonly address: string
  /** The server certificate (DER) of the TLS connection, or null without TLS: channel binding is then not offered. */
  readonly certificate: Buffer | null
  readonly accounts: AccountLookUp
  readonly revocations: RevocationList
  /** Makes the salt of an unknown account stable over time and over instances. 32 bytes, the same on all instances. */
  readonly doomedSecret: Buffer
}

/** The methods are called in order: mechanisms, first, final. */
export class ScramLogin {
  readonly #options: ScramLoginOptions
  readonly #server: ScramServer
  #loaded: Loaded<AccountRecord> | undefined

  constructor(options: ScramLoginOptions) {
    this.#options = options
    this.#server = new ScramServer({
      serverNonce: randomBytes(18).toString('base64'), // SCRAM_RAW_NONCE_LEN, postgres scram-common.h
      channelBinding: options.certificate && tlsServerEndPoint(options.certificate),
    })
  }

  /** The account's name once `first` has found that it exists, or null: a claimed name is not to be trusted. */
  get account(): string | null {
    return this.#loaded?.value?.name ?? null
  }

  mechanisms(): string[] {
    return this.#server.mechanisms()
  }

  /** Takes client-first-message, looks up the account, and answers server-first-message. */
  async first(mechanism: string, data: Buffer): Promise<Buffer> {
    const { name, accounts, doomedSecret } = this.#options
    asRefusal(() => this.#server.clientFirst(mechanism, data))
    this.#loaded = await accounts.find(name)
    // Made for known names too, so that it takes them no less time.
    const doomed = doomedParameters(name, doomedSecret)
    return this.#server.serverFirst(this.#loaded.value?.scram ?? doomed)
  }

  /** Takes client-final-message; answers who it was, with server-final-message. Rejects with a Refusal. */
  async final(data: Buffer): Promise<{ readonly principal: Principal; readonly serverFinal: Buffer }> {
    const loaded = this.#loaded
    if (!loaded) throw new Error('final before first')
    const { name, accounts } = this.#options
    let match = asRefusal(() => this.#server.clientFinal(data, candidates(loaded.value)))
    let verdict = judge(loaded, match?.id, this.#options)
    if (typeof verdict === 'string') {
      const renewed = await accounts.findAnew(name)
      // An account made since, or anew under the same name, has another salt: this exchange can't be for it.
      const isSame = loaded.value !== null && renewed.value?.scram.salt.equals(loaded.value.scram.salt) === true
      match = this.#server.recheck(candidates(isSame ? renewed.value : null))
      verdict = judge(renewed, match?.id, this.#options)
    }
    if (typeof verdict === 'string' || !match) {
      const reason = typeof verdict === 'string' ? verdict : 'wrong_token'
      throw new Refusal('credentials_rejected', { reason, keyId: match?.id || undefined })
    }
    return { principal: verdict, serverFinal: match.serverFinal }
  }
}

/** A doomed key stands in for an account without any, so that there is always a proof to compute. */
function candidates(account: AccountRecord | null): readonly (KeyRecord | ReturnType<typeof doomed>)[] {
  return account && account.keys.length > 0 ? account.keys : [doomed()]
}

function doomed() {
  return { id: '', ...doomedKeys() }
}

/** The errors that show somebody between client and proxy: all others are the client's own. */
const SHOW_A_MIDDLE: readonly ScramErrorCode[] = ['binding_mismatch', 'binding_downgrade']

function asRefusal<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof ScramError)) throw error
    const code = SHOW_A_MIDDLE.includes(error.code) ? 'channel_binding_failed' : 'protocol_violation'
    throw new Refusal(code, { cause: error })
  }
}
