// One key: shown, and revoked by its id.

import { getAccount } from '../../store/accounts.js'
import { getKey, revokeKey, type ApiKey } from '../../store/keys.js'
import type { Executor } from '../../store/pool.js'
import { mayManage, orNotFound } from '../access.js'
import type { Caller } from '../authorize.js'
import { Problem } from '../problem.js'
import { KeySchema, showKey } from '../resources/key.js'
import { KeyParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['keys']

export function keyRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/keys/:id',
    {
      config: { permission: 'person', problems: ['key_not_found'] },
      schema: {
        operationId: 'getKey',
        tags: TAGS,
        summary: 'Show a key',
        params: KeyParams,
        response: { 200: KeySchema },
      },
    },
    async ({ caller, params }) => {
      const { key, account } = await findKey(store, caller, params.id)
      return showKey(key, account)
    },
  )

  app.post(
    '/keys/:id/revoke',
    {
      config: { permission: 'member', problems: ['key_not_found'] },
      schema: {
        operationId: 'revokeKey',
        tags: TAGS,
        summary: 'Revoke a key',
        description: 'Ends its sessions and touches no other key. Again changes nothing: the first time stands.',
        params: KeyParams,
        response: { 200: KeySchema },
      },
    },
    async ({ caller, params }) => {
      const { account } = await findKey(store, caller, params.id)
      return showKey(await orNotFound('key_not_found', revokeKey(store, params.id)), account)
    },
  )
}

/** Finds a key of an account that the caller may manage, with the account's name.
 * @throws Problem `key_not_found` */
async function findKey(db: Executor, caller: Caller, id: string): Promise<{ key: ApiKey; account: string }> {
  const key = await orNotFound('key_not_found', getKey(db, id))
  const account = await getAccount(db, key.accountId)
  if (!mayManage(caller, account)) throw new Problem('key_not_found')
  return { key, account: account.name }
}
