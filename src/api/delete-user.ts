// Deletes a person, and settles what becomes of the pinned accounts that they made: these answer to somebody or go.

import { deleteAccount } from '../store/account-lifecycle.js'
import { findPerson, getAccount, type Account } from '../store/accounts.js'
import { listPinnedAccounts, transferPinnedAccounts, type PinnedAccount } from '../store/people.js'
import type { Transaction } from '../store/transaction.js'
import type { Note } from './audit-trail.js'
import { Problem } from './problem.js'
import { showServiceAccount } from './resources/service-account.js'
import { showUser } from './resources/user.js'

export interface UserDeletion {
  readonly user: Account
  readonly deletePinned: boolean
  /** E-mail address of the new maker, or null. */
  readonly transferTo: string | null
}

const MAX_LISTED = 20

/** @throws Problem `owns_service_accounts`, `bad_new_maker`, StoreError `last_admin` */
export async function deleteUser(tx: Transaction, note: Note, deletion: UserDeletion): Promise<void> {
  const { user, deletePinned, transferTo } = deletion
  const pinned = await listPinnedAccounts(tx, user.id)
  if (transferTo !== null) await transfer(tx, note, user, transferTo, pinned)
  else if (deletePinned) await deleteEach(tx, note, pinned)
  else if (pinned.length > 0) throw ownsServiceAccounts(pinned)
  await deleteAccount(tx, user.id)
  note({ target: user.name, before: showUser(user) })
}

async function transfer(
  tx: Transaction,
  note: Note,
  user: Account,
  email: string,
  pinned: readonly PinnedAccount[],
): Promise<void> {
  const person = await findPerson(tx, email)
  const maker = person?.state === 'active' ? await getAccount(tx, person.id) : null
  // A viewer changes nothing, so could not even disable what they answer for.
  if (!maker || maker.id === user.id || maker.orgRole === 'viewer') throw new Problem('bad_new_maker')
  await transferPinnedAccounts(tx, user.id, maker.id)
  for (const { name } of pinned) note({ target: name, before: { made_by: user.name }, after: { made_by: maker.name } })
}

async function deleteEach(tx: Transaction, note: Note, pinned: readonly PinnedAccount[]): Promise<void> {
  for (const { id, name } of pinned) {
    const before = showServiceAccount(await getAccount(tx, id))
    await deleteAccount(tx, id)
    note({ target: name, before })
  }
}

function ownsServiceAccounts(pinned: readonly PinnedAccount[]): Problem {
  const names = pinned.slice(0, MAX_LISTED).map(({ name }) => name)
  const more = pinned.length > names.length ? ` and ${pinned.length - names.length} more` : ''
  return new Problem('owns_service_accounts', `They made ${names.join(', ')}${more}.`, {
    facts: { service_accounts: names, total: pinned.length },
  })
}
