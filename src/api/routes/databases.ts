// Databases: those that the caller reaches, or, for admins of the organization, all of them.

import { listDatabases, getDatabase, removeDatabase } from '../../store/databases.js'
import { readRemovalImpact, type RemovalImpact } from '../../store/database-removal.js'
import { DatabaseRecords } from '../../store/database-records.js'
import { decodeCursor, toPage, type Page, type PageRequest } from '../../store/page.js'
import type { Executor } from '../../store/pool.js'
import { findDatabase, orNotFound, type KnownDatabase } from '../access.js'
import { addDatabase } from '../add-database.js'
import { change } from '../audit-trail.js'
import type { Caller } from '../authorize.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import { MAX_NAMED_ACCOUNTS, RemovalImpactSchema, showRemovalImpact } from '../resources/database-removal.js'
import { Problem } from '../problem.js'
import {
  AddedDatabaseSchema,
  DatabaseListSchema,
  DatabaseSchema,
  NewDatabaseSchema,
  showDatabase,
  showKnownDatabase,
} from '../resources/database.js'
import { ProofSchema, showProof } from '../resources/proof.js'
import { DatabaseParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['databases']
// A bundle of certificate authorities fits: that of a large provider has 170 kB.
const MAX_NEW_DATABASE_BYTES = 512 * 1024

export function databaseRoutes(app: Api, parts: ApiParts): void {
  const { store } = parts

  app.get(
    '/databases',
    {
      config: { permission: 'account', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listDatabases',
        tags: TAGS,
        summary: 'List the databases that you reach',
        querystring: searchQuery('the name'),
        response: { 200: DatabaseListSchema },
      },
    },
    async ({ caller, query }) => {
      const request = toPageRequest(query)
      if (!caller.seesAll) return toList(reachedDatabases(caller, request), showKnownDatabase)
      const roleOn = (id: string) => caller.reach.find(entry => entry.databaseId === id)?.role ?? null
      return toList(await listDatabases(store, request), database => showDatabase(database, roleOn(database.id)))
    },
  )

  app.post(
    '/databases',
    {
      config: {
        permission: 'admin',
        audit: 'database.add',
        idempotent: true,
        problems: ['name_taken', 'bad_database_url', 'database_is_store', 'proof_failed', 'upstream_failed'],
      },
      bodyLimit: MAX_NEW_DATABASE_BYTES,
      schema: {
        operationId: 'addDatabase',
        tags: TAGS,
        summary: 'Register a database',
        description:
          'Provisions the three logins or takes those given, proves them, and keeps them if the proof holds. You get the ' +
          'role admin on it.',
        body: NewDatabaseSchema,
        response: { 201: AddedDatabaseSchema },
      },
    },
    async (request, reply) => addDatabase(parts, { request, reply }, request.body),
  )

  app.get(
    '/databases/:name',
    {
      config: { permission: 'account', problems: ['database_not_found'] },
      schema: {
        operationId: 'getDatabase',
        tags: TAGS,
        summary: 'Show a database',
        params: DatabaseParams,
        response: { 200: DatabaseSchema },
      },
    },
    async ({ caller, params }) => {
      const known = await findDatabase(store, caller, params.name)
      if (!caller.seesAll) return showKnownDatabase(known)
      return showDatabase(await orNotFound('database_not_found', getDatabase(store, known.id)), known.role)
    },
  )

  app.get(
    '/databases/:name/removal',
    {
      config: { permission: 'admin', problems: ['database_not_found'] },
      schema: {
        operationId: 'getRemovalImpact',
        tags: TAGS,
        summary: 'Show what removing a database would take away',
        description: 'Changes nothing.',
        params: DatabaseParams,
        response: { 200: RemovalImpactSchema },
      },
    },
    async ({ caller, params }) => {
      const { id } = await findDatabase(store, caller, params.name)
      return showRemovalImpact(await impactOf(store, id))
    },
  )

  app.delete(
    '/databases/:name',
    {
      config: { permission: 'admin', audit: 'database.remove', problems: ['database_not_found'] },
      schema: {
        operationId: 'removeDatabase',
        tags: TAGS,
        summary: 'Remove a database',
        description:
          'Ends its sessions. Its logins stay on its server. A pinned service account that has no other database reaches ' +
          'nothing from then on. The answer names who lost access, as does the audit event; GET ' +
          '/v1/databases/{name}/removal names those who would.',
        params: DatabaseParams,
        response: { 200: RemovalImpactSchema },
      },
    },
    async request => {
      const { id, name } = await findDatabase(store, request.caller, request.params.name)
      const removing = change(store, request, async (tx, note) => {
        const before = showDatabase(await getDatabase(tx, id), null)
        const removal = showRemovalImpact(await impactOf(tx, id))
        await removeDatabase(tx, id)
        note({ target: name, before: { ...before, removal } })
        return removal
      })
      return orNotFound('database_not_found', removing)
    },
  )

  app.post(
    '/databases/:name/check',
    {
      config: {
        permission: 'admin',
        audit: 'database.check',
        problems: ['database_not_found', 'upstream_failed', 'secrets_unreadable'],
      },
      schema: {
        operationId: 'checkDatabase',
        tags: TAGS,
        summary: 'Prove the logins of a database again',
        params: DatabaseParams,
        response: { 200: ProofSchema },
      },
    },
    async request => {
      const { id, name } = await findDatabase(store, request.caller, request.params.name)
      const { value } = await new DatabaseRecords(store, parts.sealer).loadDatabase(id)
      if (!value) throw new Problem('database_not_found')
      const proof = await parts.provisioner.prove(value)
      await change(store, request, async (_tx, note) => note({ target: name, after: { ok: proof.ok } }))
      return showProof(proof)
    },
  )

  function impactOf(db: Executor, databaseId: string): Promise<RemovalImpact> {
    return readRemovalImpact(db, databaseId, {
      maxNames: MAX_NAMED_ACCOUNTS,
      seenWithinMs: parts.reports.silentAfterMs,
    })
  }
}

/** A page of what the caller reaches, in the order and with the cursors of the store's own list. */
function reachedDatabases(caller: Caller, request: PageRequest): Page<Pick<KnownDatabase, 'name' | 'role'>> {
  const [after] = decodeCursor(request.cursor, 1)
  const rows = caller.reach
    .map(({ database, role }) => ({ name: database, role }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => after === null || after === undefined || name > after)
    .filter(({ name }) => name.includes(request.search?.toLowerCase() ?? ''))
  return toPage(rows, request.limit, row => [row.name])
}
