// People of the organization: listed, shown, and given what they may do in it. Machines never show here.

import { listAccounts } from '../../store/accounts.js'
import { setOrgRole } from '../../store/people.js'
import { findUser, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { readForEdit } from '../etag.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import { showUser, UserEditSchema, UserListSchema, UserSchema } from '../resources/user.js'
import { UserParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['users']

export function userRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/users',
    {
      config: { permission: 'observer', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listUsers',
        tags: TAGS,
        summary: 'List the people of the organization',
        description: 'For admins and viewers: nothing that a member does names another person.',
        querystring: searchQuery('the e-mail address'),
        response: { 200: UserListSchema },
      },
    },
    async ({ query }) => toList(await listAccounts(store, 'personal', toPageRequest(query)), showUser),
  )

  app.get(
    '/users/:email',
    {
      config: { permission: 'person', problems: ['user_not_found'], etag: true },
      schema: {
        operationId: 'getUser',
        tags: TAGS,
        summary: 'Show a person',
        description: 'Members see themselves only.',
        params: UserParams,
        response: { 200: UserSchema },
      },
    },
    async ({ caller, params }) => showUser(await findUser(store, caller, params.email)),
  )

  app.patch(
    '/users/:email',
    {
      config: { permission: 'admin', audit: 'user.edit', problems: ['user_not_found', 'last_admin'], etag: true },
      schema: {
        operationId: 'editUser',
        tags: TAGS,
        summary: 'Set what a person may do in the organization',
        description: 'Holds from their next request. Their roles on databases stay as they are.',
        params: UserParams,
        body: UserEditSchema,
        response: { 200: UserSchema },
      },
    },
    async request => {
      const { caller, params, body } = request
      const edit = change(store, request, async (tx, note) => {
        const read = async () => showUser(await findUser(tx, caller, params.email))
        const before = await readForEdit(tx, request, read)
        await setOrgRole(tx, (await findUser(tx, caller, params.email)).id, body.org_role)
        const after = await read()
        note({ target: after.email, before, after })
        return after
      })
      return orNotFound('user_not_found', edit)
    },
  )
}
