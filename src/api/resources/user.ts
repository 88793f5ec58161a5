// A person of the organization, as the API shows them.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Account, OrgRole } from '../../store/accounts.js'
import { listOf } from '../lists.js'
import { body, choice, NullableTime, Time, toNullableTime, toTime } from '../schema-types.js'

export const OrgRoleName = choice<OrgRole>(['admin', 'member', 'viewer'], {
  description: 'admin: may do everything. member: makes keys and pinned accounts. viewer: sees all, changes nothing.',
})

export const UserSchema = Type.Object(
  {
    email: Type.String({ description: 'Also the `user` of their connections.' }),
    org_role: OrgRoleName,
    administers: Type.Boolean({ description: 'Whether they are an admin, by their role or through a group.' }),
    state: choice(['active', 'disabled', 'deleted'], {
      description: 'disabled: deactivated; nothing of theirs works.',
    }),
    groups: Type.Array(Type.String()),
    active_keys: Type.Integer(),
    created_at: Time,
    deactivated_at: NullableTime,
  },
  { title: 'User' },
)

export const UserListSchema = listOf(UserSchema, 'UserList')

export const UserEditSchema = body({ org_role: OrgRoleName }, { title: 'UserEdit' })

export function showUser(account: Account): Static<typeof UserSchema> {
  return {
    email: account.name,
    org_role: account.orgRole ?? 'viewer',
    administers: account.isAdmin,
    state: account.state,
    groups: [...account.groups],
    active_keys: account.activeKeys,
    created_at: toTime(account.createdAt),
    deactivated_at: toNullableTime(account.disabledAt),
  }
}
