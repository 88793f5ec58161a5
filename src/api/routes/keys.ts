// One key: shown, edited, and revoked by its id.

import { getAccount } from '../../store/accounts.js'
import { editKey, getKey, revokeKey, type ApiKey } from '../../store/keys.js'
import type { Executor } from '../../store/pool.js'
import { mayManage, maySee, orNotFound, type Purpose } from '../access.js'
import { change } from '../audit-trail.js'
import type { Caller } from '../authorize.js'
import { readForEdit } from '../etag.js'
import { Problem } from '../problem.js'
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
      return showKey(key, account)
    },
  )

  app.patch(
    '/keys/:id',
    {
      config: { permission: 'member', audit: 'key.edit', problems: ['key_not_found', 'conflict'], etag: true },
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
      return change(store, request, async (tx, note) => {
        const before = await readForEdit(tx, request, async () => showKey(await getKey(tx, params.id), account))
        const { name, description } = { ...before, ...body }
        const after = showKey(await editKey(tx, params.id, { name, description }), account)
        note({ target: `${account} ${params.id}`, before, after })
        return after
      })
    },
  )

  app.post(
    '/keys/:id/revoke',
    {
      config: { permission: 'member', audit: 'key.revoke', problems: ['key_not_found'] },
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
        const revoked = showKey(await revokeKey(tx, key.id), account)
        note({ target: `${account} ${key.id}`, before: showKey(key, account), after: revoked })
        return revoked
      })
      return orNotFound('key_not_found', revocation)
    },
  )
}

/** Finds a key of an account that the caller may see or manage, with the account's name.
 * @throws Problem `key_not_found` */
async function findKey(
  db: Executor,
  caller: Caller,
  id: string,
  purpose: Purpose,
): Promise<{ key: ApiKey; account: string }> {
  const key = await orNotFound('key_not_found', getKey(db, id))
  const account = await getAccount(db, key.accountId)
  if (!(purpose === 'see' ? maySee : mayManage)(caller, account)) throw new Problem('key_not_found')
  return { key, account: account.name }
}
