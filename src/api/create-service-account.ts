// Makes a service account of either scope: a pinned one within its maker's reach, or one in groups, as an admin only.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { capFor, compareRoles } from '../auth/policy.js'
import { createPinnedAccount } from '../store/account-lifecycle.js'
import type { Account } from '../store/accounts.js'
import { createGroupsAccount } from '../store/groups-accounts.js'
import { findGroupIds } from '../store/groups.js'
import type { Executor } from '../store/pool.js'
import type { Transaction } from '../store/transaction.js'
import { orNotFound } from './access.js'
import { toAllowList } from './allow-list.js'
import type { Caller } from './authorize.js'
import { create } from './idempotency.js'
import { noteMemberships } from './note-memberships.js'
import { Problem } from './problem.js'
import { showServiceAccount, type NewServiceAccount, type ServiceAccountSchema } from './resources/service-account.js'
import type { ApiParts } from './server.js'

type ScopeOf<T extends NewServiceAccount['scope']['type']> = Extract<NewServiceAccount['scope'], { type: T }>

/** @throws Problem `pinned_scope_needs_admin`, `role_above_cap`, `groups_scope_needs_admin`, `group_not_found`,
 * StoreError `name_taken` */
export function createServiceAccount(
  parts: Pick<ApiParts, 'store' | 'pinnedMakers'>,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  wanted: NewServiceAccount,
): Promise<Static<typeof ServiceAccountSchema>> {
  const { caller } = exchange.request
  const { name, description = null, scope } = wanted
  const allowFrom = toAllowList(wanted.allow_from ?? null)
  if (scope.type === 'pinned') {
    if (parts.pinnedMakers === 'admins' && !caller.isAdmin) throw new Problem('pinned_scope_needs_admin')
    const databaseIds = withinCap(caller, scope)
    const pinned = { name, description, role: scope.role, databaseIds, allowFrom, makerId: caller.account.id }
    return answer(tx => createPinnedAccount(tx, pinned))
  }
  if (!caller.isAdmin) throw new Problem('groups_scope_needs_admin')
  return answer(async tx => {
    const groupIds = await groupIdsOf(tx, scope.groups)
    return orNotFound('group_not_found', createGroupsAccount(tx, { name, description, groupIds, allowFrom }))
  })

  function answer(make: (tx: Transaction) => Promise<Account>): Promise<Static<typeof ServiceAccountSchema>> {
    return create(parts.store, exchange, async (tx, note) => {
      const shown = showServiceAccount(await make(tx))
      note({ target: name, after: shown })
      if (shown.scope.type === 'groups') noteMemberships(note, name, { before: [], after: shown.scope.groups })
      return { location: `/v1/service-accounts/${name}`, shown }
    })
  }
}

/** Finds the ids of groups by their names.
 * @throws Problem `group_not_found` that names those that are missing */
export async function groupIdsOf(db: Executor, names: readonly string[]): Promise<string[]> {
  const ids = await findGroupIds(db, names)
  const missing = names.filter(name => !ids.has(name))
  if (missing.length > 0) throw new Problem('group_not_found', `No such group: ${missing.join(', ')}.`)
  return [...ids.values()]
}

/** Returns the ids of the databases of a scope that is within the caller's own reach.
 * @throws Problem `role_above_cap`: for a database that does not exist as for one that is out of reach */
function withinCap(caller: Caller, scope: ScopeOf<'pinned'>): string[] {
  const cap = capFor(caller.record, scope.databases)
  if (cap.role === null || compareRoles(scope.role, cap.role) > 0) {
    const facts = { cap: cap.role, database: cap.database }
    const detail = cap.role === null ? `You can not use ${cap.database}` : `You are ${cap.role} on ${cap.database}`
    throw new Problem('role_above_cap', `${detail}, so the account can not be ${scope.role} there.`, { facts })
  }
  return caller.reach.filter(({ database }) => scope.databases.includes(database)).map(({ databaseId }) => databaseId)
}
