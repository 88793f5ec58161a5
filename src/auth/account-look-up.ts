// Finds the account of a claimed name, for a login: from the cache, and once more from the store before a refusal.

import { storeRefusal } from '../errors.js'
import type { AccountRecord } from './account.js'
import type { FreshCache } from './fresh-cache.js'
import type { Loaded } from './sources.js'

/** A refusal on a record older than this is thought over once, on a new one: the key may be brand new, or the account
 * enabled again. Every refusal, so that they all take the same steps. */
const RECHECK_AFTER_MS = 1000

/** The longest name that an account can have, an e-mail address: RFC 5321, section 4.5.3.1.3. */
const MAX_NAME_LENGTH = 254

export class AccountLookUp {
  readonly #accounts: FreshCache<AccountRecord>

  /** @param accounts keyed by account name */
  constructor(accounts: FreshCache<AccountRecord>) {
    this.#accounts = accounts
  }

  /** Finds the account of this name, or that there is none. Rejects with a Refusal `store_unavailable`. */
  find(name: string): Promise<Loaded<AccountRecord>> {
    return orUnavailable(this.#accounts.get(searchable(name)))
  }

  /** Finds it as it was no more than a second ago. Rejects with a Refusal `store_unavailable`. */
  findAnew(name: string): Promise<Loaded<AccountRecord>> {
    return orUnavailable(this.#accounts.getYoungerThan(searchable(name), RECHECK_AFTER_MS))
  }
}

/** What to look up for a claimed name. One that is too long for any account becomes none: the cache remembers what it was
 * asked for, and a start-up packet has room for names of 10 kB. */
function searchable(name: string): string {
  return name.length > MAX_NAME_LENGTH ? '' : name
}

async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw storeRefusal(cause)
  }
}
