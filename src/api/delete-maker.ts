// Deletes an account, and settles what becomes of the pinned accounts that it made: these answer to somebody or go.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deleteAccount } from '../store/account-lifecycle.js'
import { findPerson, getAccount, type Account } from '../store/accounts.js'
import { revokeOpenInvitation } from '../store/invitations.js'
import { listPinnedAccounts, transferPinnedAccounts, type PinnedAccount } from '../store/people.js'
import type { Transaction } from '../store/transaction.js'
import type { Note } from './audit-trail.js'
import { noteMemberships } from './note-memberships.js'
import { Problem } from './problem.js'
import { showServiceAccount } from './resources/service-account.js'
import { showUser } from './resources/user.js'
import { choice } from './schema-types.js'
import { invalidRequest } from './validation.js'

export const DeletionQuery = Type.Object(
  {
    pinned_accounts: Type.Optional(
      choice(['delete'], { description: 'delete: the pinned accounts that it made go too.' }),
    ),
    transfer_to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 254,
        description: 'E-mail address of whoever answers for them from now on.',
      }),
    ),
  },
  { additionalProperties: false },
)

const MAX_LISTED = 20

/** Deletes a person or a machine for good.
 * @throws Problem `owns_service_accounts` when nothing is said of the accounts it made, `bad_new_maker`,
 * `invalid_request` when two things are said; StoreError `last_admin`, `not_found` */
export async function deleteMaker(
  tx: Transaction,
  note: Note,
  maker: Account,
  wanted: Static<typeof DeletionQuery>,
): Promise<void> {
  const { pinned_accounts: fate, transfer_to: transferTo } = wanted
  if (fate !== undefined && transferTo !== undefined) throw twoFates()
  const pinned = await listPinnedAccounts(tx, maker.id)
  if (transferTo !== undefined) await transfer(tx, note, maker, transferTo.toLowerCase(), pinned)
  else if (fate === 'delete') await deleteEach(tx, note, pinned)
  else if (pinned.length > 0) throw ownsServiceAccounts(maker, pinned)
  const before = maker.kind === 'personal' ? showUser(maker) : showServiceAccount(maker)
  await deleteOne(tx, note, maker)
  // A link for a new password that is still open would let a person in again.
  await revokeOpenInvitation(tx, maker.name)
  note({ target: maker.name, before })
}

async function transfer(
  tx: Transaction,
  note: Note,
  from: Account,
  email: string,
  pinned: readonly PinnedAccount[],
): Promise<void> {
  const person = await findPerson(tx, email)
  const maker = person?.state === 'active' ? await getAccount(tx, person.id) : null
  // A viewer changes nothing, so could not even disable what they answer for.
  if (!maker || maker.id === from.id || maker.orgRole === 'viewer') throw new Problem('bad_new_maker')
  await transferPinnedAccounts(tx, from.id, maker.id)
  for (const { name } of pinned) note({ target: name, before: { made_by: from.name }, after: { made_by: maker.name } })
}

async function deleteEach(tx: Transaction, note: Note, pinned: readonly PinnedAccount[]): Promise<void> {
  for (const { id, name } of pinned) {
    const account = await getAccount(tx, id)
    await deleteOne(tx, note, account)
    note({ target: name, before: showServiceAccount(account) })
  }
}

/** Deletes an account, and records each key and membership that is removed with it. */
async function deleteOne(tx: Transaction, note: Note, { id, name, groups }: Account): Promise<void> {
  const { active, expired } = await deleteAccount(tx, id)
  for (const keyId of [...active, ...expired]) {
    note({ action: 'key.revoke', target: `${name} ${keyId}`, after: { state: 'revoked' } })
  }
  noteMemberships(note, name, { before: groups, after: [] })
}

function ownsServiceAccounts({ name }: Account, pinned: readonly PinnedAccount[]): Problem {
  const names = pinned.slice(0, MAX_LISTED).map(account => account.name)
  const more = pinned.length > names.length ? ` and ${pinned.length - names.length} more` : ''
  return new Problem('owns_service_accounts', `${name} made ${names.join(', ')}${more}.`, {
    facts: { service_accounts: names, total: pinned.length },
  })
}

function twoFates(): Problem {
  const hint = 'Either delete the pinned accounts, or transfer them.'
  return invalidRequest([{ field: 'transfer_to', problem: 'does not go with pinned_accounts', hint }])
}
