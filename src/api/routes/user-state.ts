// What happens to people once they are in: deactivated, activated, deleted. Who has made pinned accounts can not be deleted
// before it is said what shall become of those.

import type { FastifyRequest } from 'fastify'
import { disableAccount, enableAccount } from '../../store/account-lifecycle.js'
import type { Account } from '../../store/accounts.js'
import type { Transaction } from '../../store/transaction.js'
import { findUser, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { deleteMaker, DeletionQuery } from '../delete-maker.js'
import { Problem } from '../problem.js'
import { showUser, UserSchema } from '../resources/user.js'
import { Nothing, UserParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['users']

export function userStateRoutes(app: Api, { store }: ApiParts): void {
  app.post(
    '/users/:email/deactivate',
    {
      config: {
        permission: 'admin',
        audit: 'user.deactivate',
        problems: ['user_not_found', 'own_account', 'last_admin'],
      },
      schema: {
        operationId: 'deactivateUser',
        tags: TAGS,
        summary: 'Deactivate a person',
        description:
          'Signs them out, stops their keys and ends their sessions; the pinned accounts they made reach nothing ' +
          'meanwhile. Again changes nothing.',
        params: UserParams,
        response: { 200: UserSchema },
      },
    },
    request => setState(request, request.params.email, disableAccount),
  )

  app.post(
    '/users/:email/activate',
    {
      config: { permission: 'admin', audit: 'user.activate', problems: ['user_not_found', 'own_account'] },
      schema: {
        operationId: 'activateUser',
        tags: TAGS,
        summary: 'Activate a person again',
        description: 'Their keys work again; they have to sign in anew. Again changes nothing.',
        params: UserParams,
        response: { 200: UserSchema },
      },
    },
    request => setState(request, request.params.email, enableAccount),
  )

  app.delete(
    '/users/:email',
    {
      config: {
        permission: 'admin',
        audit: 'user.delete',
        problems: ['user_not_found', 'own_account', 'last_admin', 'owns_service_accounts', 'bad_new_maker'],
      },
      schema: {
        operationId: 'deleteUser',
        tags: TAGS,
        summary: 'Delete a person',
        description:
          'For good: signs them out, revokes their keys, ends their sessions, forgets their grants. When they have ' +
          'made pinned accounts that live, say what shall become of those: `pinned_accounts=delete`, or ' +
          '`transfer_to` another active person, whose reach caps them from then on, at once for live sessions.',
        params: UserParams,
        querystring: DeletionQuery,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const deletion = change(store, request, async (tx, note) => {
        await deleteMaker(tx, note, await findOther(tx, request, params.email), query)
      })
      await orNotFound('user_not_found', deletion)
      return reply.code(204).send(null)
    },
  )

  async function setState(
    request: FastifyRequest,
    email: string,
    set: (tx: Transaction, id: string) => Promise<Account>,
  ) {
    const setting = change(store, request, async (tx, note) => {
      const before = await findOther(tx, request, email)
      const after = showUser(await set(tx, before.id))
      note({ target: before.name, before: showUser(before), after })
      return after
    })
    return orNotFound('user_not_found', setting)
  }
}

/** Nobody stops their own account by a slip: another admin can.
 * @throws Problem `user_not_found`, `own_account` */
async function findOther(tx: Transaction, { caller }: FastifyRequest, email: string): Promise<Account> {
  const user = await findUser(tx, caller, email)
  if (user.id === caller.account.id) throw new Problem('own_account')
  return user
}
