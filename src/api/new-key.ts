// What making a key and rotating one share: the token, the limit of the account, and what is said when it is reached.

import { createCredential } from '../auth/credential.js'
import { mintToken } from '../auth/token.js'
import type { Account } from '../store/accounts.js'
import type { NewKey } from '../store/keys.js'
import { StoreError } from '../store/store-error.js'
import { Problem } from './problem.js'
import type { ApiLimits } from './server.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** A key to be made: the token is told once, the rest is stored. */
export interface Minted {
  readonly token: string
  readonly key: Pick<NewKey, 'id' | 'accountId' | 'credential'>
}

/** Makes the secret of a new key. Takes as long as argon2id does, so it is done before the transaction. */
export async function mintKey(account: Account): Promise<Minted> {
  const { keyId, token } = mintToken()
  return { token, key: { id: keyId, accountId: account.id, credential: await createCredential(token, account.scram) } }
}

/** How long a key is to work, in milliseconds.
 * @param days undefined: for ever */
export function lifetimeOfDays(days: number | undefined): number | null {
  return days === undefined ? null : days * DAY_MS
}

export function keyLimit({ kind }: Account, limits: ApiLimits): number {
  return kind === 'service' ? limits.keysPerServiceAccount : limits.keysPerPersonalAccount
}

/** Waits for a key; that there is no room for it becomes a problem which says how many there may be. */
export async function orLimitReached<T>(limit: number, answer: Promise<T>, hint?: string): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'key_limit_reached') throw error
    throw new Problem('key_limit_reached', `The account may have ${limit} active keys, and has them.`, {
      facts: { limit },
      ...(hint !== undefined && { hint }),
    })
  }
}
