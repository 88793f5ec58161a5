// Revokes a key by its token, for whoever finds one: possession is enough, and no login is needed.

import { Type } from 'typebox'
import { Refusal, type RefusalReason } from '../../errors.js'
import type { ShownToken } from '../../auth/authenticate-token.js'
import { parseToken } from '../../auth/token.js'
import { getAccount } from '../../store/accounts.js'
import { revokeKey } from '../../store/keys.js'
import { change } from '../audit-trail.js'
import { Problem } from '../problem.js'
import { body, Nothing } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TokenBody = body(
  { token: Type.String({ maxLength: 200, writeOnly: true, description: 'The whole token, from `pstn_` to its end.' }) },
  { title: 'TokenToRevoke' },
)

// The secret was right, whatever else speaks against the key. It is revoked all the same: a disabled account may be
// enabled again.
const SECRET_WAS_RIGHT: ReadonlySet<RefusalReason> = new Set(['expired', 'revoked', 'disabled', 'deleted', 'address'])

export function tokenRevocationRoutes(app: Api, { store, authenticate, limits }: ApiParts): void {
  app.post(
    '/keys/revoke',
    {
      config: {
        permission: 'public',
        audit: 'key.revoke',
        problems: ['malformed_token', 'busy'],
        rateLimit: { max: () => limits.tokenRevocationsPerMinute },
      },
      schema: {
        operationId: 'revokeToken',
        tags: ['keys'],
        summary: 'Revoke a key by its token',
        description: 'Needs no login. The answer is the same whether or not a key has this token.',
        security: [],
        body: TokenBody,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const token = request.body.token.trim()
      const parsed = parseToken(token)
      // The checksum is no secret: a cut or misspelt token must not look revoked.
      if (!parsed) throw new Problem('malformed_token')
      if (await isSecretOf({ token, address: request.ip }, authenticate)) {
        await change(store, request, async (tx, note) => {
          const { accountId } = await revokeKey(tx, parsed.keyId)
          note({ target: `${(await getAccount(tx, accountId)).name} ${parsed.keyId}`, after: { by: 'its token' } })
        })
      }
      return reply.code(204).send(null)
    },
  )
}

async function isSecretOf(shown: ShownToken, authenticate: ApiParts['authenticate']): Promise<boolean> {
  try {
    await authenticate(shown)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.code === 'credentials_rejected') return SECRET_WAS_RIGHT.has(error.reason)
    throw error
  }
}
