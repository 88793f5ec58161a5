// The first key of an organization: whoever holds the store's credentials may make themselves an admin. Without it nobody
// could ever call the API of a new store.

import { createCredential } from '../auth/credential.js'
import { mintToken, type MintedToken } from '../auth/token.js'
import { AccountRecords } from '../store/account-records.js'
import { createPersonalAccount } from '../store/account-lifecycle.js'
import { getAccountByName, type Account } from '../store/accounts.js'
import { createKey } from '../store/keys.js'
import type { Store } from '../store/pool.js'
import { StoreError } from '../store/store-error.js'
import { withTransaction } from '../store/transaction.js'

/** The person of this e-mail address has an account, but is no admin. */
export class NotAnAdminError extends Error {
  constructor() {
    super('there is such an account, and it is not an admin of the organization')
    this.name = 'NotAnAdminError'
  }
}

/** Makes the person an admin of the organization, unless they are one, and gives them a new key.
 * @throws NotAnAdminError, StoreError `invalid` for what is no e-mail address in lower case, `key_limit_reached` */
export async function makeAdminKey(store: Store, email: string, maxKeys: number): Promise<MintedToken> {
  const account = await ensureAdmin(store, email)
  const { value: record } = await new AccountRecords(store).loadAccount(account.name)
  if (!record) throw new NotAnAdminError()
  const minted = mintToken()
  const credential = await createCredential(minted.token, record.scram)
  const key = { id: minted.keyId, accountId: account.id, name: 'made with migrate --admin', credential }
  await withTransaction(store, tx => createKey(tx, key, maxKeys))
  return minted
}

async function ensureAdmin(store: Store, email: string): Promise<Account> {
  try {
    return await createPersonalAccount(store, { email, orgRole: 'admin', passwordHash: null })
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'name_taken') throw error
    const known = await getAccountByName(store, email)
    if (known.orgRole !== 'admin' || known.state !== 'active') throw new NotAnAdminError()
    return known
  }
}
