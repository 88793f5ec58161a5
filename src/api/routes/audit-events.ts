// The audit log: listed, exported, and verified.

import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import { listAuditEvents } from '../../store/audit.js'
import { exportAuditEvents } from '../../store/audit-export.js'
import { verifyAudit } from '../../store/audit-verify.js'
import { toList, toPageRequest } from '../lists.js'
import { NDJSON, toLines } from '../ndjson.js'
import {
  AuditEventListSchema,
  AuditEventSchema,
  AuditFilterQuery,
  AuditListQuery,
  showAuditEvent,
  showVerification,
  toAnchor,
  toFilter,
  VerificationSchema,
  VerifyQuery,
} from '../resources/audit-event.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['audit']

export function auditEventRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/audit-events',
    {
      config: { permission: 'observer', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listAuditEvents',
        tags: TAGS,
        summary: 'List what was done, and what was refused',
        description: 'Newest first.',
        querystring: AuditListQuery,
        response: { 200: AuditEventListSchema },
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const request = toPageRequest({ ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) })
      return toList(await listAuditEvents(store, toFilter(filter), request), showAuditEvent)
    },
  )

  app.get(
    '/audit-events/export',
    {
      config: { permission: 'observer' },
      schema: {
        operationId: 'exportAuditEvents',
        tags: TAGS,
        summary: 'Export the audit log',
        description:
          'All events that match, oldest first, one JSON object a line. An answer that breaks off is not whole.',
        querystring: AuditFilterQuery,
        response: {
          200: {
            description: 'One event a line.',
            content: { [NDJSON]: { schema: Type.Unsafe<Readable>(AuditEventSchema) } },
          },
        },
      },
    },
    async ({ query }, reply) => {
      const lines = await toLines(exportAuditEvents(store, toFilter(query)), showAuditEvent)
      return reply.type(NDJSON).header('cache-control', 'no-store').send(lines)
    },
  )

  app.get(
    '/audit-events/verify',
    {
      config: { permission: 'observer' },
      schema: {
        operationId: 'verifyAuditEvents',
        tags: TAGS,
        summary: 'Check that the audit log is as it was written',
        description:
          'Each event carries a hash of itself and of the one before. Note the head, and give it as `anchor` later.',
        querystring: VerifyQuery,
        response: { 200: VerificationSchema },
      },
    },
    async ({ query }) => showVerification(await verifyAudit(store, { anchor: toAnchor(query.anchor) })),
  )
}
