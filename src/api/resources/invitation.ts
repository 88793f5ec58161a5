// An invitation, as the API shows it: never with its link, but for the one answer that makes it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Invitation } from '../../store/invitations.js'
import { listOf } from '../lists.js'
import { body, choice, EmailAddress, nullable, NullableTime, Time, toNullableTime, toTime } from '../schema-types.js'
import { OrgRoleName } from './user.js'

export const NewInvitationSchema = body({ email: EmailAddress, org_role: OrgRoleName }, { title: 'NewInvitation' })

export const InvitationSchema = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    org_role: OrgRoleName,
    state: choice(['pending', 'accepted', 'expired', 'revoked']),
    invited_by: nullable(Type.String({ description: 'null: Postern itself, for the first admin.' })),
    created_at: Time,
    expires_at: Time,
    accepted_at: NullableTime,
    revoked_at: NullableTime,
  },
  { title: 'Invitation' },
)

export const InvitationListSchema = listOf(InvitationSchema, 'InvitationList')

export const CreatedInvitationSchema = Type.Object(
  {
    invitation: InvitationSchema,
    url: Type.String({ description: 'The link for the person. Its secret is behind the #, so it gets into no log.' }),
    token: Type.String({ description: "The link's secret by itself. Both are shown this once." }),
  },
  { title: 'CreatedInvitation' },
)

export function showInvitation(invitation: Invitation): Static<typeof InvitationSchema> {
  return {
    id: invitation.id,
    email: invitation.email,
    org_role: invitation.orgRole,
    state: invitation.state,
    invited_by: invitation.invitedBy,
    created_at: toTime(invitation.createdAt),
    expires_at: toTime(invitation.expiresAt),
    accepted_at: toNullableTime(invitation.acceptedAt),
    revoked_at: toNullableTime(invitation.revokedAt),
  }
}
