// Who the caller is, and what they reach.

import { Type } from 'typebox'
import { getKey } from '../../store/keys.js'
import type { Api, ApiParts } from '../server.js'
import { choice, nullable } from '../schema-types.js'
import { KeySchema, showKey } from '../resources/key.js'
import { ReachSchema, showReach } from '../resources/reach.js'

const Me = Type.Object(
  {
    account: Type.Object({
      name: Type.String(),
      email: Type.String(),
      kind: choice(['personal', 'service']),
      org_role: nullable(choice(['admin', 'member', 'viewer'], { description: 'null: a service account.' })),
      groups: Type.Array(Type.String(), { description: 'Names of the groups that you are in.' }),
    }),
    key: nullable(KeySchema),
    reach: Type.Array(ReachSchema),
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
    async ({ caller }) => {
      const { name, email, kind, orgRole, groups } = caller.account
      const key = caller.keyId === null ? null : showKey(await getKey(store, caller.keyId), name)
      return {
        account: { name, email, kind, org_role: orgRole, groups: [...groups] },
        key,
        reach: caller.reach.map(showReach),
      }
    },
  )
}
