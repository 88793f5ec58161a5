// Tells load balancers that the API answers. Liveness and readiness of the proxy are on the metrics port.

import { Type } from 'typebox'
import type { Api } from '../server.js'

export function healthRoutes(app: Api): void {
  app.get(
    '/healthz',
    {
      config: { permission: 'public' },
      schema: {
        operationId: 'getHealth',
        tags: ['health'],
        summary: 'Tell whether the API answers',
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }, { title: 'Health' }) },
      },
    },
    () => ({ status: 'ok' as const }),
  )
}
