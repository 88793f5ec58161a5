// What happens to service accounts once they are made: disabled, enabled, deleted.

import { deleteAccount, disableAccount, enableAccount } from '../../store/account-lifecycle.js'
import { withTransaction } from '../../store/transaction.js'
import { findServiceAccount, orNotFound } from '../access.js'
import { ServiceAccountSchema, showServiceAccount } from '../resources/service-account.js'
import { Nothing, ServiceAccountParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['service accounts']

export function serviceAccountStateRoutes(app: Api, { store }: ApiParts): void {
  app.post(
    '/service-accounts/:name/disable',
    {
      config: { permission: 'member', problems: ['account_not_found'] },
      schema: {
        operationId: 'disableServiceAccount',
        tags: TAGS,
        summary: 'Disable a service account',
        description: 'Its keys stop at once and its sessions end. Again changes nothing.',
        params: ServiceAccountParams,
        response: { 200: ServiceAccountSchema },
      },
    },
    async ({ caller, params }) => {
      const { id } = await findServiceAccount(store, caller, params.name)
      return showServiceAccount(await orNotFound('account_not_found', disableAccount(store, id)))
    },
  )

  app.post(
    '/service-accounts/:name/enable',
    {
      config: { permission: 'member', problems: ['account_not_found'] },
      schema: {
        operationId: 'enableServiceAccount',
        tags: TAGS,
        summary: 'Enable a service account',
        description: 'Its keys work again, but for those revoked or expired. Again changes nothing.',
        params: ServiceAccountParams,
        response: { 200: ServiceAccountSchema },
      },
    },
    async ({ caller, params }) => {
      const { id } = await findServiceAccount(store, caller, params.name)
      return showServiceAccount(await orNotFound('account_not_found', enableAccount(store, id)))
    },
  )

  app.delete(
    '/service-accounts/:name',
    {
      config: { permission: 'member', problems: ['account_not_found'] },
      schema: {
        operationId: 'deleteServiceAccount',
        tags: TAGS,
        summary: 'Delete a service account',
        description: 'For good: revokes all its keys, ends its sessions, and gives its name back.',
        params: ServiceAccountParams,
        response: { 204: Nothing },
      },
    },
    async ({ caller, params }, reply) => {
      const { id } = await findServiceAccount(store, caller, params.name)
      const deletion = withTransaction(store, tx => deleteAccount(tx, id))
      await orNotFound('account_not_found', deletion)
      return reply.code(204).send(null)
    },
  )
}
