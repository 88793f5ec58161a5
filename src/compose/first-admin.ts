// The first way in to an organization, a key or a link: whoever holds the store's credentials may make themselves an
// admin. Without it nobody could ever call the API of a new store.

import type { AuditAction } from '../api/audit-actions.js'
import { newSecret } from '../api/console-cookie.js'
import { invitationUrl } from '../api/invitation-url.js'
import { createCredential } from '../auth/credential.js'
import { mintToken } from '../auth/token.js'
import { AccountRecords } from '../store/account-records.js'
import { createPersonalAccount } from '../store/account-lifecycle.js'
import { getAccountByName, type Account } from '../store/accounts.js'
import { appendAuditEvents, type NewAuditEvent } from '../store/audit.js'
import { createInvitation, revokeInvitation } from '../store/invitations.js'
import { createKey, revokeKey } from '../store/keys.js'
import type { Store } from '../store/pool.js'
import { StoreError } from '../store/store-error.js'
import { withTransaction } from '../store/transaction.js'

/** The person of this e-mail address has an account, but is no active admin. */
export class NotAnAdminError extends Error {
  readonly why: 'deactivated' | 'not_admin'

  constructor(why: NotAnAdminError['why']) {
    super('there is such an account, and it is not an active admin of the organization')
    this.name = 'NotAnAdminError'
    this.why = why
  }
}

/** What is made for an admin: its secret, and the way to make that useless. */
export interface AdminSecret {
  readonly secret: string
  readonly id: string
  readonly revoke: () => Promise<void>
}

/** Makes the person an admin of the organization, unless they are one, and gives them a new key.
 * @throws NotAnAdminError, StoreError `invalid` for what is no e-mail address in lower case, `key_limit_reached` */
export async function makeAdminKey(store: Store, email: string, maxKeys: number): Promise<AdminSecret> {
  const account = await ensureAdmin(store, email)
  const { value: record } = await new AccountRecords(store).loadAccount(account.name)
  if (!record) throw new NotAnAdminError('deactivated')
  const minted = mintToken()
  const credential = await createCredential(minted.token, record.scram)
  const key = { id: minted.keyId, accountId: account.id, name: 'made with migrate --admin', credential }
  await withTransaction(store, async tx => {
    await createKey(tx, key, maxKeys)
    await appendAuditEvents(tx, [bySystem('key.create', `${email} ${minted.keyId}`)])
  })
  const revoke = () =>
    withTransaction(store, async tx => {
      await revokeKey(tx, minted.keyId)
      await appendAuditEvents(tx, [bySystem('key.revoke', `${email} ${minted.keyId}`)])
    })
  return { secret: minted.token, id: minted.keyId, revoke }
}

/** Makes the person an admin of the organization, unless they are one, and a link by which they choose a password for the
 * console, in place of the one they may have.
 * @throws NotAnAdminError, StoreError `invalid` for what is no e-mail address in lower case */
export async function makeAdminLink(
  store: Store,
  email: string,
  { baseUrl, expiresInMs }: { readonly baseUrl: string; readonly expiresInMs: number },
): Promise<AdminSecret> {
  await ensureAdmin(store, email)
  const { secret, hash } = newSecret()
  const { id } = await withTransaction(store, async tx => {
    const made = await createInvitation(tx, { email, orgRole: 'admin', secretHash: hash, expiresInMs, invitedBy: null })
    await appendAuditEvents(tx, [bySystem('invitation.create', email)])
    return made
  })
  const revoke = () =>
    withTransaction(store, async tx => {
      await revokeInvitation(tx, id)
      await appendAuditEvents(tx, [bySystem('invitation.revoke', email)])
    })
  return { secret: invitationUrl(baseUrl, secret), id, revoke }
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
    if (known.state !== 'active') throw new NotAnAdminError('deactivated')
    if (known.orgRole !== 'admin') throw new NotAnAdminError('not_admin')
    return known
  }
}
