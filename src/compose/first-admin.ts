// The first way in to an organization, a key or a link: whoever holds the store's credentials may make themselves an
// admin. Without it nobody could ever call the API of a new store.

import type { AuditAction } from '../api/audit-actions.js'
import { newSecret } from '../api/console-cookie.js'
import { invitationUrl } from '../api/invitation-url.js'
import { createCredential } from '../auth/credential.js'
import { mintToken, type MintedToken } from '../auth/token.js'
import { AccountRecords } from '../store/account-records.js'
import { createPersonalAccount } from '../store/account-lifecycle.js'
import { getAccountByName, type Account } from '../store/accounts.js'
import { appendAuditEvents, type NewAuditEvent } from '../store/audit.js'
import { createInvitation } from '../store/invitations.js'
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
  await withTransaction(store, async tx => {
    await createKey(tx, key, maxKeys)
    await appendAuditEvents(tx, [bySystem('key.create', `${email} ${minted.keyId}`)])
  })
  return minted
}

/** Makes the person an admin of the organization, unless they are one, and a link by which they choose a password for the
 * console, in place of the one they may have.
 * @throws NotAnAdminError, StoreError `invalid` for what is no e-mail address in lower case */
export async function makeAdminLink(
  store: Store,
  email: string,
  { baseUrl, expiresInMs }: { readonly baseUrl: string; readonly expiresInMs: number },
): Promise<string> {
  await ensureAdmin(store, email)
  const { secret, hash } = newSecret()
  await withTransaction(store, async tx => {
    await createInvitation(tx, { email, orgRole: 'admin', secretHash: hash, expiresInMs, invitedBy: null })
    await appendAuditEvents(tx, [bySystem('invitation.create', email)])
  })
  return invitationUrl(baseUrl, secret)
}

function bySystem(action: AuditAction, target: string): NewAuditEvent {
  return { actor: null, actorKey: null, via: 'system', action, target, outcome: 'done', address: null }
}

async function ensureAdmin(store: Store, email: string): Promise<Account> {
  try {
    const made = { email, orgRole: 'admin', passwordHash: null } as const
    return await withTransaction(store, tx => createPersonalAccount(tx, made))
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'name_taken') throw error
    const known = await getAccountByName(store, email)
    if (known.orgRole !== 'admin' || known.state !== 'active') throw new NotAnAdminError()
    return known
  }
}
