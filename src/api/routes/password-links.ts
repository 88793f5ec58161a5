// A link for a person who has forgotten their password: what an admin gives them in place of a mail.

import type { FastifyRequest } from 'fastify'
import { createInvitation } from '../../store/invitations.js'
import { findUser, orNotFound } from '../access.js'
import { newSecret } from '../console-cookie.js'
import { create } from '../idempotency.js'
import { invitationUrl } from '../invitation-url.js'
import { Problem } from '../problem.js'
import { CreatedInvitationSchema, showInvitation } from '../resources/invitation.js'
import { UserParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

export function passwordLinkRoutes(app: Api, { store, console }: ApiParts): void {
  app.post(
    '/users/:email/password-link',
    {
      config: {
        permission: 'admin',
        audit: 'user.password-link',
        idempotent: true,
        problems: ['user_not_found', 'user_deactivated'],
      },
      schema: {
        operationId: 'createPasswordLink',
        tags: ['users'],
        summary: 'Make a link by which a person chooses a new password',
        description:
          'For who has forgotten theirs, or never chose one. It works once, as an invitation does; until then the old ' +
          'password goes on working. The answer holds the link, this once.',
        params: UserParams,
        response: { 201: CreatedInvitationSchema },
      },
    },
    async (request, reply) => {
      const { secret, hash } = newSecret()
      const creation = create(store, { request, reply }, async (tx, note) => {
        const user = await findUser(tx, request.caller, request.params.email)
        if (user.state !== 'active' || user.orgRole === null) {
          throw new Problem('user_deactivated', `${user.name} is deactivated: a link would not let them sign in.`)
        }
        const stored = await createInvitation(tx, {
          email: user.name,
          orgRole: user.orgRole,
          secretHash: hash,
          expiresInMs: console.invitationMs,
          invitedBy: request.caller.account.id,
        })
        const invitation = showInvitation(stored)
        note({ target: user.name, after: invitation })
        const link = { url: invitationUrl(baseUrl(request), secret), token: secret }
        return { location: `/v1/invitations/${invitation.id}`, shown: { invitation }, secret: link }
      })
      return orNotFound('user_not_found', creation)
    },
  )

  function baseUrl(request: FastifyRequest): string {
    return console.publicUrl ?? `${request.protocol}://${request.host}`
  }
}
