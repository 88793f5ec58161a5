// The keys of an account: listed, created, revoked all at once.

import { createCredential } from '../../auth/credential.js'
import { mintToken } from '../../auth/token.js'
import type { Account } from '../../store/accounts.js'
import { createKey, listKeys, revokeAllKeys } from '../../store/keys.js'
import { StoreError } from '../../store/store-error.js'
import { findAccount, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { ListQuery, toList, toPageRequest } from '../lists.js'
import { Problem } from '../problem.js'
import { CreatedKeySchema, KeyListSchema, NewKeySchema, RevokedKeysSchema, showKey } from '../resources/key.js'
import { AccountParams } from '../schema-types.js'
import type { Api, ApiLimits, ApiParts } from '../server.js'

const TAGS = ['keys']
const DAY_MS = 24 * 60 * 60 * 1000

export function accountKeyRoutes(app: Api, { store, limits }: ApiParts): void {
  app.get(
    '/accounts/:account/keys',
    {
      config: { permission: 'person', problems: ['account_not_found', 'bad_cursor'] },
      schema: {
        operationId: 'listKeys',
        tags: TAGS,
        summary: 'List the keys of an account',
        description: 'Oldest first; revoked and expired ones too.',
        params: AccountParams,
        querystring: ListQuery,
        response: { 200: KeyListSchema },
      },
    },
    async ({ caller, params, query }) => {
      const account = await findAccount(store, caller, params.account, 'see')
      return toList(await listKeys(store, account.id, toPageRequest(query)), key => showKey(key, account.name))
    },
  )

  app.post(
    '/accounts/:account/keys',
    {
      config: {
        permission: 'member',
        audit: 'key.create',
        problems: ['account_not_found', 'key_limit_reached', 'conflict'],
      },
      schema: {
        operationId: 'createKey',
        tags: TAGS,
        summary: 'Create a key',
        description: 'The answer holds the token, this once: it is not stored and can not be shown again.',
        params: AccountParams,
        body: NewKeySchema,
        response: { 201: CreatedKeySchema },
      },
    },
    async (request, reply) => {
      const { caller, params, body } = request
      const account = await findAccount(store, caller, params.account, 'manage')
      const { keyId, token } = mintToken()
      const credential = await createCredential(token, account.scram)
      const { name = null, description = null, expires_in_days: days } = body
      const expiresAt = days === undefined ? null : Date.now() + days * DAY_MS
      const newKey = { id: keyId, accountId: account.id, name, description, expiresAt, credential }
      const limit = keyLimit(account, limits)
      const creation = change(store, request, async (tx, note) => {
        const made = await createKey(tx, newKey, limit)
        note({ target: `${account.name} ${keyId}`, after: showKey(made, account.name) })
        return made
      })
      const key = await orNotFound('account_not_found', orLimitReached(limit, creation))
      reply.code(201).header('cache-control', 'no-store').header('location', `/v1/keys/${key.id}`)
      return { key: showKey(key, account.name), token }
    },
  )

  app.post(
    '/accounts/:account/keys/revoke-all',
    {
      config: { permission: 'member', audit: 'key.revoke-all', problems: ['account_not_found'] },
      schema: {
        operationId: 'revokeAllKeys',
        tags: TAGS,
        summary: 'Revoke every key of an account',
        description: 'Ends their sessions. Again changes nothing.',
        params: AccountParams,
        response: { 200: RevokedKeysSchema },
      },
    },
    async request => {
      const account = await findAccount(store, request.caller, request.params.account, 'manage')
      return change(store, request, async (tx, note) => {
        const revoked = await revokeAllKeys(tx, account.id)
        note({ target: account.name, after: { revoked } })
        return { revoked }
      })
    },
  )
}

function keyLimit({ kind }: Account, limits: ApiLimits): number {
  return kind === 'service' ? limits.keysPerServiceAccount : limits.keysPerPersonalAccount
}

async function orLimitReached<T>(limit: number, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'key_limit_reached') throw error
    throw new Problem('key_limit_reached', `The account may have ${limit} active keys, and has them.`, {
      facts: { limit },
    })
  }
}
