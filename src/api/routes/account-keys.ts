// The keys of an account: listed, created, revoked all at once.

import { createKey, listKeys, revokeAllKeys } from '../../store/keys.js'
import { findAccount, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { create } from '../idempotency.js'
import { toList, toPageRequest } from '../lists.js'
import { keyLimit, lifetimeOfDays, mintKey, orLimitReached } from '../new-key.js'
import {
  CreatedKeySchema,
  KeyListQuery,
  KeyListSchema,
  NewKeySchema,
  RevokedKeysSchema,
  showKey,
} from '../resources/key.js'
import { AccountParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['keys']

export function accountKeyRoutes(app: Api, { store, limits }: ApiParts): void {
  app.get(
    '/accounts/:account/keys',
    {
      config: { permission: 'person', problems: ['account_not_found', 'bad_cursor'] },
      schema: {
        operationId: 'listKeys',
        tags: TAGS,
        summary: 'List the keys of an account',
        description: 'Oldest first; revoked and expired ones too, unless `state` says otherwise.',
        params: AccountParams,
        querystring: KeyListQuery,
        response: { 200: KeyListSchema },
      },
    },
    async ({ caller, params, query }) => {
      const account = await findAccount(store, caller, params.account, 'see')
      const keys = await listKeys(store, account.id, toPageRequest(query), query.state)
      return toList(keys, key => showKey(key, account.name))
    },
  )

  app.post(
    '/accounts/:account/keys',
    {
      config: {
        permission: 'person',
        audit: 'key.create',
        idempotent: true,
        problems: ['account_not_found', 'key_limit_reached'],
      },
      schema: {
        operationId: 'createKey',
        tags: TAGS,
        summary: 'Create a key',
        description:
          'The answer holds the token, this once: it is not stored and can not be shown again. Viewers make keys for ' +
          'themselves: these are how they connect.',
        params: AccountParams,
        body: NewKeySchema,
        response: { 201: CreatedKeySchema },
      },
    },
    async (request, reply) => {
      const { caller, params, body } = request
      const account = await findAccount(store, caller, params.account, 'manage')
      const { key: secret, token } = await mintKey(account)
      const { name = null, description = null, expires_in_days: days } = body
      const newKey = { ...secret, name, description, lifetimeMs: lifetimeOfDays(days), createdBy: caller.account.id }
      const limit = keyLimit(account, limits)
      const creation = create(store, { request, reply }, async (tx, note) => {
        const made = showKey(await createKey(tx, newKey, limit), account.name)
        note({ target: `${account.name} ${made.id}`, after: made })
        return { location: `/v1/keys/${made.id}`, shown: { key: made }, secret: { token } }
      })
      return orNotFound('account_not_found', orLimitReached(limit, creation))
    },
  )

  app.post(
    '/accounts/:account/keys/revoke-all',
    {
      config: { permission: 'person', audit: 'key.revoke-all', problems: ['account_not_found'] },
      schema: {
        operationId: 'revokeAllKeys',
        tags: TAGS,
        summary: 'Revoke every key of an account',
        description: 'Ends their sessions. Idempotent. Expired keys are revoked as well, and not counted.',
        params: AccountParams,
        response: { 200: RevokedKeysSchema },
      },
    },
    async request => {
      const account = await findAccount(store, request.caller, request.params.account, 'manage')
      return change(store, request, async (tx, note) => {
        const { active, expired } = await revokeAllKeys(tx, account.id)
        for (const id of [...active, ...expired]) note({ target: `${account.name} ${id}`, after: { state: 'revoked' } })
        note({ target: account.name, after: { revoked: active, revoked_after_expiry: expired } })
        return { active: active.length, revoked: active }
      })
    },
  )
}
