// The instances on this store, and how far each has come: where a revocation is in force.

import { listInstances } from '../../store/instances.js'
import { InstanceQuery, InstancesSchema, showInstances } from '../resources/instance.js'
import type { Api, ApiParts } from '../server.js'

export function instanceRoutes(app: Api, { store, reports }: ApiParts): void {
  app.get(
    '/instances',
    {
      config: { permission: 'observer' },
      schema: {
        operationId: 'listInstances',
        tags: ['instances'],
        summary: 'List instances, and where a change is in force',
        description:
          'An instance that was killed stays, as silent, until its sessions can not live any more: revocation.max_age.',
        querystring: InstanceQuery,
        response: { 200: InstancesSchema },
      },
    },
    async ({ query }) => {
      const { silentAfterMs, goneAfterMs } = reports
      return showInstances(await listInstances(store, goneAfterMs), { seq: query.seq, silentAfterMs })
    },
  )
}
