// Keeps an eye on whether this instance can work with its store, and says in the log what is wrong and what to do: a store
// that is not migrated, a secret_key that opens nothing, a refused login. It recovers when the store does.

import type { Logger } from '../ops/log.js'
import { clientConfig } from '../store/pool.js'
import type { Executor } from '../store/pool.js'
import type { Sealer } from '../store/seal.js'
import { checkStore, type StoreCheck } from '../store/store-check.js'
import { StoreError } from '../store/store-error.js'
import { Periodic } from './periodic.js'

export interface StoreWatchOptions {
  readonly store: Executor
  readonly url: string
  readonly sealer: Sealer
  readonly everyMs: number
  readonly log: Logger
  /** Called after each check. */
  readonly checked: () => void
}

/** What the last check that reached the store found. */
type Verdict =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'fit' }
  /** `reason` says why not, and what to do. */
  | { readonly kind: 'unfit'; readonly reason: string }

/** How soon a store that was not fit is looked at again. */
const RETRY_MS = 1_000
/** How long a start waits for the first check. */
const START_MS = 2_000

export class StoreWatch {
  readonly #options: StoreWatchOptions
  readonly #job: Periodic
  #verdict: Verdict = { kind: 'unknown' }
  /** Why the last attempt did not reach the store; null: it did. */
  #failure: string | null = null
  /** What was logged last, so that a state that lasts is logged once. */
  #logged = ''
  #first: (() => void) | undefined

  constructor(options: StoreWatchOptions) {
    this.#options = options
    const delayMs = () => (this.#verdict.kind === 'fit' && this.#failure === null ? options.everyMs : RETRY_MS)
    this.#job = new Periodic({
      get everyMs() {
        return delayMs()
      },
      work: () => this.#check(),
      lastWork: () => Promise.resolve(),
      failing: () => {},
      recovered: () => {},
    })
  }

  /** Begins to check. Resolves after the first check, or when that takes long. */
  async start(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const first = new Promise<void>(resolve => (this.#first = resolve))
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, START_MS)))
    this.#job.start()
    await Promise.race([first, late])
    clearTimeout(timer)
  }

  close(): Promise<void> {
    return this.#job.close()
  }

  /** Why this instance cannot work with its store. A store that was fit and is out of reach now is no reason: what is
   * cached goes on working, until the revocation list is too old. */
  reasons(): readonly string[] {
    switch (this.#verdict.kind) {
      case 'unknown':
        return [this.#failure ?? 'the store has not been checked yet']
      case 'fit':
        return []
      case 'unfit':
        return [this.#verdict.reason]
    }
  }

  async #check(): Promise<void> {
    const { store, sealer, checked } = this.#options
    try {
      const check = await checkStore(store, sealer)
      this.#failure = null
      this.#take(check)
    } catch (error) {
      this.#failure = failureOf(error)
      this.#log(this.#failure, () => this.#logFailure(error))
    }
    this.#first?.()
    checked()
  }

  #take(check: StoreCheck): void {
    const { log } = this.#options
    const { schema, migrations, secrets } = check
    const reason = unfitness(check)
    this.#verdict = reason === null ? { kind: 'fit' } : { kind: 'unfit', reason }
    this.#log([reason, schema, secrets, ...migrations].join(), () => {
      if (reason !== null) return log.error({ migrations }, reason)
      if (secrets === 'partly') log.error(SOME_SECRETS_CLOSED)
      if (schema === 'newer') log.warn({ migrations }, 'the store was migrated by a newer version of Postern: upgrade')
    })
  }

  #logFailure(error: unknown): void {
    const { log, url } = this.#options
    const { user, host, port, database } = clientConfig(url)
    log.error({ err: error, store: { host, port, database, user } }, this.#failure ?? '')
  }

  #log(what: string, write: () => void): void {
    if (what === this.#logged) return
    this.#logged = what
    write()
  }
}

const SECRETS_CLOSED =
  'the stored secrets cannot be opened with secret_key or retired_secret_keys: give this instance the key that sealed them'

const SOME_SECRETS_CLOSED =
  'some stored secrets cannot be opened with secret_key or retired_secret_keys: logins to their databases are refused'

/** A newer schema is no reason: while an upgrade is rolled out, the instances of the version before serve on. */
function unfitness({ schema, secrets }: StoreCheck): string | null {
  if (schema === 'missing') return 'the store is not migrated: run postern migrate'
  if (schema === 'older') return 'the store lacks migrations of this version: run postern migrate'
  return secrets === 'closed' ? SECRETS_CLOSED : null
}

/** Says what is wrong with the way to the store, by the setting to look at. */
function failureOf(error: unknown): string {
  const code = (error instanceof StoreError && error.sqlstate) || null
  switch (code) {
    case '28P01': // invalid_password
    case '28000': // invalid_authorization_specification
      return `the store refused the login: check user and password of store.url (${code})`
    case '3D000': // invalid_catalog_name
      return `the store has no such database: check store.url (${code})`
    case '42501': // insufficient_privilege
      return `the user of store.url lacks privileges in the store: use the one that migrated it (${code})`
    default:
      return `the store cannot be reached: check it and store.url (${code ?? 'no answer in time'})`
  }
}
