// What happens to service accounts once they are made: edited, disabled, enabled, deleted.

import type { FastifyRequest } from 'fastify'
import { disableAccount, enableAccount } from '../../store/account-lifecycle.js'
import { getAccount, type Account } from '../../store/accounts.js'
import { editGroupsAccount } from '../../store/groups-accounts.js'
import type { Transaction } from '../../store/transaction.js'
import { findServiceAccount, orNotFound } from '../access.js'
import { toAllowList } from '../allow-list.js'
import { change } from '../audit-trail.js'
import { groupIdsOf } from '../create-service-account.js'
import { deleteMaker, DeletionQuery } from '../delete-maker.js'
import { readForEdit } from '../etag.js'
import { noteMemberships } from '../note-memberships.js'
import { Problem } from '../problem.js'
import { ServiceAccountEditSchema, ServiceAccountSchema, showServiceAccount } from '../resources/service-account.js'
import { Nothing, ServiceAccountParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['service accounts']

export function serviceAccountStateRoutes(app: Api, { store }: ApiParts): void {
  app.patch(
    '/service-accounts/:name',
    {
      config: {
        permission: 'member',
        audit: 'service-account.edit',
        problems: ['account_not_found', 'scope_immutable', 'group_not_found', 'conflict'],
        etag: true,
      },
      schema: {
        operationId: 'editServiceAccount',
        tags: TAGS,
        summary: 'Change the description, the groups or the allow-list of a service account',
        description:
          'Of one in groups only: a pinned one is never edited, and a name is what connection strings hold. What a ' +
          'group that it leaves gave it ends with its sessions, and so do those from where it may log in no more.',
        params: ServiceAccountParams,
        body: ServiceAccountEditSchema,
        response: { 200: ServiceAccountSchema },
      },
    },
    async request => {
      const { id, name } = await findServiceAccount(store, request.caller, request.params.name, 'manage')
      const edit = change(store, request, async (tx, note) => {
        const before = await readForEdit(tx, request, async () => showServiceAccount(await getAccount(tx, id)))
        const { scope } = before
        if (scope.type === 'pinned') throw new Problem('scope_immutable')
        const { description, groups, allow_from } = { ...before, groups: scope.groups, ...request.body }
        const allowFrom = toAllowList(allow_from)
        const groupIds = await groupIdsOf(tx, groups)
        const after = showServiceAccount(await editGroupsAccount(tx, id, { description, groupIds, allowFrom }))
        if (after.scope.type === 'groups')
          noteMemberships(note, name, { before: scope.groups, after: after.scope.groups })
        note({ target: name, before, after })
        return after
      })
      return orNotFound('account_not_found', edit)
    },
  )

  app.post(
    '/service-accounts/:name/disable',
    {
      config: { permission: 'member', audit: 'service-account.disable', problems: ['account_not_found'] },
      schema: {
        operationId: 'disableServiceAccount',
        tags: TAGS,
        summary: 'Disable a service account',
        description: 'Its keys stop at once and its sessions end. Again changes nothing.',
        params: ServiceAccountParams,
        response: { 200: ServiceAccountSchema },
      },
    },
    request => setState(request, request.params.name, disableAccount),
  )

  app.post(
    '/service-accounts/:name/enable',
    {
      config: { permission: 'member', audit: 'service-account.enable', problems: ['account_not_found'] },
      schema: {
        operationId: 'enableServiceAccount',
        tags: TAGS,
        summary: 'Enable a service account',
        description: 'Its keys work again, but for those revoked or expired. Again changes nothing.',
        params: ServiceAccountParams,
        response: { 200: ServiceAccountSchema },
      },
    },
    request => setState(request, request.params.name, enableAccount),
  )

  app.delete(
    '/service-accounts/:name',
    {
      config: {
        permission: 'member',
        audit: 'service-account.delete',
        problems: ['account_not_found', 'owns_service_accounts', 'bad_new_maker'],
      },
      schema: {
        operationId: 'deleteServiceAccount',
        tags: TAGS,
        summary: 'Delete a service account',
        description:
          'For good: revokes all its keys, ends its sessions, and gives its name back. When it administers and has made ' +
          'pinned accounts that live, say what shall become of those, as with a person.',
        params: ServiceAccountParams,
        querystring: DeletionQuery,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { caller, params, query } = request
      const account = await findServiceAccount(store, caller, params.name, 'manage')
      const deletion = change(store, request, (tx, note) => deleteMaker(tx, note, account, query))
      await orNotFound('account_not_found', deletion)
      return reply.code(204).send(null)
    },
  )

  async function setState(
    request: FastifyRequest,
    name: string,
    set: (tx: Transaction, id: string) => Promise<Account>,
  ) {
    const account = await findServiceAccount(store, request.caller, name, 'manage')
    const setting = change(store, request, async (tx, note) => {
      const after = showServiceAccount(await set(tx, account.id))
      note({ target: account.name, before: showServiceAccount(account), after })
      return after
    })
    return orNotFound('account_not_found', setting)
  }
}
