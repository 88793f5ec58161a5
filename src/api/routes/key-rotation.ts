// Rotation: a key is replaced without a gap, the old one works until its grace period is over.

import { lifetimeOf, rotateKey } from '../../store/rotate-key.js'
import { orNotFound } from '../access.js'
import { findKey } from '../find-key.js'
import { create } from '../idempotency.js'
import { keyLimit, lifetimeOfDays, mintKey, orLimitReached } from '../new-key.js'
import { KeyRotationSchema, RotatedKeySchema, showKey } from '../resources/key.js'
import { KeyParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const MINUTE_MS = 60_000
const DEFAULT_GRACE_MINUTES = 24 * 60

export function keyRotationRoutes(app: Api, { store, limits }: ApiParts): void {
  app.post(
    '/keys/:id/rotate',
    {
      config: {
        permission: 'person',
        audit: 'key.rotate',
        idempotent: true,
        problems: ['key_not_found', 'key_not_active', 'key_limit_reached'],
      },
      schema: {
        operationId: 'rotateKey',
        tags: ['keys'],
        summary: 'Replace a key',
        description:
          'Makes a key of the same account, name and description, and lets the old one expire after a grace period. ' +
          'The answer holds the new token, this once: it is not stored and can not be shown again.',
        params: KeyParams,
        body: KeyRotationSchema,
        response: { 201: RotatedKeySchema },
      },
    },
    async (request, reply) => {
      const { caller, params, body } = request
      const { account } = await findKey(store, caller, params.id, 'manage')
      const { token, key } = await mintKey(account)
      const graceMs = (body.grace_minutes ?? DEFAULT_GRACE_MINUTES) * MINUTE_MS
      const limit = keyLimit(account, limits)
      const rotation = create(store, { request, reply }, async (tx, note) => {
        const { before, old, successor } = await rotateKey(tx, {
          keyId: params.id,
          graceMs,
          limit,
          successor: ({ name, description, ...old }) => ({
            ...key,
            name: body.name ?? name,
            description,
            lifetimeMs: body.expires_in_days === undefined ? lifetimeOf(old) : lifetimeOfDays(body.expires_in_days),
            createdBy: caller.account.id,
          }),
        })
        const [replaced, made] = [showKey(old, account.name), showKey(successor, account.name)]
        note({ target: `${account.name} ${params.id}`, before: showKey(before, account.name), after: replaced })
        note({ target: `${account.name} ${made.id}`, after: made })
        return { location: `/v1/keys/${made.id}`, shown: { key: made, replaced }, secret: { token } }
      })
      return orNotFound('key_not_found', orLimitReached(limit, rotation, NO_ROOM))
    },
  )
}

const NO_ROOM = 'Revoke a key that is no longer used, or rotate with `grace_minutes` 0: the old key is revoked at once.'
