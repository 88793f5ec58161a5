// One key: shown, edited, and revoked by its id.

import type { ApiKey } from '../../store/api-key.js'
import { editKey, getKey, revokeKey } from '../../store/keys.js'
import { orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { readForEdit } from '../etag.js'
import { findKey } from '../find-key.js'
import { KeyEditSchema, KeySchema, showKey } from '../resources/key.js'
import { KeyParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['keys']

export function keyRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/keys/:id',
    {
      config: { permission: 'person', problems: ['key_not_found'], etag: true },
      schema: {
        operationId: 'getKey',
        tags: TAGS,
        summary: 'Show a key',
        params: KeyParams,
        response: { 200: KeySchema },
      },
    },
    async ({ caller, params }) => {
      const { key, account } = await findKey(store, caller, params.id, 'see')
      return showKey(key, account.name)
    },
  )

  app.patch(
    '/keys/:id',
    {
      config: { permission: 'person', audit: 'key.edit', problems: ['key_not_found', 'conflict'], etag: true },
      schema: {
        operationId: 'editKey',
        tags: TAGS,
        summary: 'Change the name or the description of a key',
        params: KeyParams,
        body: KeyEditSchema,
        response: { 200: KeySchema },
      },
    },
    async request => {
      const { caller, params, body } = request
      const { account } = await findKey(store, caller, params.id, 'manage')
      const show = (key: ApiKey) => showKey(key, account.name)
      return change(store, request, async (tx, note) => {
        const before = await readForEdit(tx, request, async () => show(await getKey(tx, params.id)))
        const { name, description } = { ...before, ...body }
        const after = show(await editKey(tx, params.id, { name, description }))
        note({ target: `${account.name} ${params.id}`, before, after })
        return after
      })
    },
  )

  app.post(
    '/keys/:id/revoke',
    {
      config: { permission: 'person', audit: 'key.revoke', problems: ['key_not_found'] },
      schema: {
        operationId: 'revokeKey',
        tags: TAGS,
        summary: 'Revoke a key',
        description: 'Ends its sessions and touches no other key. Again changes nothing: the first time stands.',
        params: KeyParams,
        response: { 200: KeySchema },
      },
    },
    async request => {
      const { account, key } = await findKey(store, request.caller, request.params.id, 'manage')
      const revocation = change(store, request, async (tx, note) => {
        const revoked = showKey(await revokeKey(tx, key.id), account.name)
        note({ target: `${account.name} ${key.id}`, before: showKey(key, account.name), after: revoked })
        return revoked
      })
      return orNotFound('key_not_found', revocation)
    },
  )
}
