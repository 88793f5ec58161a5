// Who the caller is, and what they reach.

import { Type } from 'typebox'
import { getKey } from '../../store/keys.js'
import type { Api, ApiParts } from '../server.js'
import { nullable } from '../schema-types.js'
import { KeySchema, showKey } from '../resources/key.js'
import { MeAccountSchema, showMeAccount } from '../resources/me.js'
import { ReachSchema, showReach } from '../resources/reach.js'

const Me = Type.Object(
  {
    account: MeAccountSchema,
    key: nullable(KeySchema),
    reach: Type.Array(ReachSchema),
    csrf_token: nullable(
      Type.String({ description: 'For the header `x-csrf-token` of requests with the cookie. null: by a key.' }),
    ),
  },
  { title: 'Me' },
)

export function meRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/me',
    {
      config: { permission: 'account' },
      schema: { operationId: 'getMe', tags: ['me'], summary: 'Who you are', response: { 200: Me } },
    },
    async ({ caller }, reply) => {
      const { account, keyId } = caller
      const key = keyId === null ? null : showKey(await getKey(store, keyId), account.name)
      void reply.header('cache-control', 'no-store')
      return {
        account: showMeAccount(account),
        key,
        reach: caller.reach.map(showReach),
        csrf_token: caller.console?.csrfToken ?? null,
      }
    },
  )
}
