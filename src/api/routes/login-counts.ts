// How logins at the proxy went in the last hour, on all instances.

import { readLoginCounts } from '../../store/login-counts.js'
import { LoginCountsSchema, showLoginCounts } from '../resources/login-counts.js'
import type { Api, ApiParts } from '../server.js'

export function loginCountRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/login-counts',
    {
      config: { permission: 'observer' },
      schema: {
        operationId: 'countLogins',
        tags: ['instances'],
        summary: 'Count the logins of the last hour',
        description:
          'Those of all instances, also of some that have stopped, by minute and by the true reason of a refusal. As the ' +
          'instances last reported them: the newest may be missing for some seconds.',
        response: { 200: LoginCountsSchema },
      },
    },
    async () => showLoginCounts(await readLoginCounts(store)),
  )
}
