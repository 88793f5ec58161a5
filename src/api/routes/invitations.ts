// Invitations: made, listed and taken back by admins.

import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { findPerson } from '../../store/accounts.js'
import { createInvitation, getInvitation, listInvitations, revokeInvitation } from '../../store/invitations.js'
import { orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { newSecret } from '../console-cookie.js'
import { create } from '../idempotency.js'
import { invitationUrl } from '../invitation-url.js'
import { ListQuery, toList, toPageRequest } from '../lists.js'
import { Problem } from '../problem.js'
import {
  CreatedInvitationSchema,
  InvitationListSchema,
  InvitationSchema,
  NewInvitationSchema,
  showInvitation,
} from '../resources/invitation.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['invitations']
const InvitationParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: "The invitation's id." }),
})

export function invitationRoutes(app: Api, { store, console }: ApiParts): void {
  app.get(
    '/invitations',
    {
      config: { permission: 'admin', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listInvitations',
        tags: TAGS,
        summary: 'List invitations',
        description: 'The newest first; those that are over too.',
        querystring: ListQuery,
        response: { 200: InvitationListSchema },
      },
    },
    async ({ query }) => toList(await listInvitations(store, toPageRequest(query)), showInvitation),
  )

  app.get(
    '/invitations/:id',
    {
      config: { permission: 'admin', problems: ['invitation_not_found'] },
      schema: {
        operationId: 'getInvitation',
        tags: TAGS,
        summary: 'Show an invitation',
        params: InvitationParams,
        response: { 200: InvitationSchema },
      },
    },
    async ({ params }) => showInvitation(await orNotFound('invitation_not_found', getInvitation(store, params.id))),
  )

  app.post(
    '/invitations',
    {
      config: { permission: 'admin', audit: 'invitation.create', idempotent: true, problems: ['user_exists'] },
      schema: {
        operationId: 'inviteUser',
        tags: TAGS,
        summary: 'Invite a person',
        description:
          'The answer holds the link, this once; it works once. Postern sends no mail: give it to the person yourself. ' +
          'It takes the place of an open one for the same address.',
        body: NewInvitationSchema,
        response: { 201: CreatedInvitationSchema },
      },
    },
    async (request, reply) => {
      const email = request.body.email.toLowerCase()
      const { secret, hash } = newSecret()
      return create(store, { request, reply }, async (tx, note) => {
        const person = await findPerson(tx, email)
        if (person && person.state !== 'deleted') throw new Problem('user_exists')
        const stored = await createInvitation(tx, {
          email,
          orgRole: request.body.org_role,
          secretHash: hash,
          expiresInMs: console.invitationMs,
          invitedBy: request.caller.account.id,
        })
        const invitation = showInvitation(stored)
        note({ target: email, after: invitation })
        return {
          location: `/v1/invitations/${invitation.id}`,
          shown: { invitation },
          secret: { url: invitationUrl(baseUrl(request), secret), token: secret },
        }
      })
    },
  )

  app.delete(
    '/invitations/:id',
    {
      config: { permission: 'admin', audit: 'invitation.revoke', problems: ['invitation_not_found'] },
      schema: {
        operationId: 'revokeInvitation',
        tags: TAGS,
        summary: 'Take an invitation back',
        description: 'Its link works no more. Again changes nothing. One that was accepted can not be taken back.',
        params: InvitationParams,
        response: { 200: InvitationSchema },
      },
    },
    async request => {
      const revocation = change(store, request, async (tx, note) => {
        const before = await getInvitation(tx, request.params.id)
        const after = showInvitation(await revokeInvitation(tx, before.id))
        note({ target: before.email, before: showInvitation(before), after })
        return after
      })
      return orNotFound('invitation_not_found', revocation)
    },
  )

  function baseUrl(request: FastifyRequest): string {
    return console.publicUrl ?? `${request.protocol}://${request.host}`
  }
}
