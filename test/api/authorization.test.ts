// Every route and every kind of caller. The list of routes is the API's own: a new one without a row here fails.

import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { guardRoutes } from '../../src/api/authorize.js'
import { mintToken } from '../../src/auth/token.js'
import { disableAccount } from '../../src/store/account-lifecycle.js'
import { getAccountByName } from '../../src/store/accounts.js'
import { reportInstance } from '../../src/store/instances.js'
import { revokeKey } from '../../src/store/keys.js'
import { reportBlocks } from '../../src/store/login-blocks.js'
import { reportSessions } from '../../src/store/live-sessions.js'
import { PROBLEMS, type ProblemCode } from '../../src/api/problems.js'
import { unconnectedApi } from '../support/api-document.js'
import { addDatabase, grant, group, groupsAccount, serviceAccount, worlds, type Person, type World } from './fixture.js'
import { routesOf } from './routes-of.js'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What viewer, member, admin and a service account are answered, and a service account of an admin group: it may do what
 * the admin may, and is answered the same unless the row says otherwise. Everyone else is answered 401 on all routes but
 * the public ones. They ask in this order: viewer, machine, member, admin, adminMachine; so what the admin took away is
 * not there for the last. Paths are asked with names that exist, and that the member made or reaches; "other" is out of
 * reach for all but the admin. */
interface Row {
  readonly route: string
  readonly url: string
  readonly body?: object
  readonly viewer: number
  readonly member: number
  readonly admin: number
  readonly machine: number
  /** Default: as admin. */
  readonly adminMachine?: number
}

const NEW_ACCOUNT = { name: 'fresh', scope: { type: 'pinned', role: 'reader', databases: ['shop'] } }
const IN_GROUPS = { name: 'grouped', scope: { type: 'groups', groups: ['staff', 'deputies'] } }
const everyone = (status: number) => ({ viewer: status, member: status, admin: status, machine: status })
const adminOnly = (status: number) => ({ viewer: 403, member: 403, admin: status, machine: 403 })
const makers = (status: number) => ({ viewer: 403, member: status, admin: status, machine: 403 })
const lookers = (status: number) => ({ viewer: status, member: status, admin: status, machine: 403 })
const observers = (status: number) => ({ viewer: status, member: 403, admin: status, machine: 403 })

const ROWS: readonly Row[] = [
  { route: 'GET /healthz', url: '/healthz', ...everyone(200) },
  { route: 'GET /openapi.json', url: '/openapi.json', ...everyone(200) },
  { route: 'GET /v1/me', url: '/v1/me', ...everyone(200) },
  { route: 'POST /v1/login', url: '/v1/login', body: {}, ...everyone(400) },
  { route: 'POST /v1/logout', url: '/v1/logout', ...lookers(204) },
  { route: 'GET /v1/me/sessions', url: '/v1/me/sessions', ...lookers(200) },
  { route: 'POST /v1/me/sessions/revoke-all', url: '/v1/me/sessions/revoke-all', ...lookers(200) },
  { route: 'POST /v1/me/password', url: '/v1/me/password', body: {}, ...lookers(400) },
  { route: 'GET /v1/users', url: '/v1/users', ...observers(200) },
  { route: 'GET /v1/users/:email', url: '/v1/users/ada%40example.com', ...lookers(200) },
  { route: 'GET /v1/users/:email', url: '/v1/users/nina%40example.com', ...observers(200), member: 404 },
  {
    route: 'PATCH /v1/users/:email',
    url: '/v1/users/nina%40example.com',
    body: { org_role: 'viewer' },
    ...adminOnly(200),
  },
  { route: 'POST /v1/users/:email/deactivate', url: '/v1/users/nina%40example.com/deactivate', ...adminOnly(200) },
  { route: 'POST /v1/users/:email/activate', url: '/v1/users/nina%40example.com/activate', ...adminOnly(200) },
  {
    route: 'POST /v1/users/:email/password-link',
    url: '/v1/users/nina%40example.com/password-link',
    ...adminOnly(201),
  },
  { route: 'GET /v1/invitations', url: '/v1/invitations', ...adminOnly(200) },
  {
    route: 'POST /v1/invitations',
    url: '/v1/invitations',
    body: { email: 'new@example.com', org_role: 'member' },
    ...adminOnly(201),
  },
  { route: 'POST /v1/invitations/accept', url: '/v1/invitations/accept', body: {}, ...everyone(400) },
  { route: 'GET /v1/invitations/:id', url: '/v1/invitations/none', ...adminOnly(404) },
  { route: 'DELETE /v1/invitations/:id', url: '/v1/invitations/none', ...adminOnly(404) },
  { route: 'GET /v1/databases', url: '/v1/databases', ...everyone(200) },
  { route: 'POST /v1/databases', url: '/v1/databases', body: {}, ...adminOnly(400) },
  { route: 'GET /v1/databases/:name', url: '/v1/databases/shop', ...everyone(200) },
  { route: 'GET /v1/databases/:name', url: '/v1/databases/owner%2Fother', ...everyone(404), viewer: 200, admin: 200 },
  { route: 'POST /v1/databases/:name/check', url: '/v1/databases/shop/check', ...adminOnly(200) },
  { route: 'GET /v1/databases/:name/connect', url: '/v1/databases/shop/connect', ...everyone(200) },
  {
    route: 'GET /v1/databases/:name/connect',
    url: '/v1/databases/shop/connect?account=robot',
    ...everyone(200),
  },
  {
    route: 'GET /v1/databases/:name/connect',
    url: '/v1/databases/owner%2Fother/connect',
    ...everyone(404),
    viewer: 409,
    admin: 200,
    adminMachine: 409,
  },
  { route: 'GET /v1/databases/:name/access', url: '/v1/databases/shop/access', ...lookers(200) },
  {
    route: 'GET /v1/databases/:name/access',
    url: '/v1/databases/owner%2Fother/access',
    ...lookers(200),
    member: 404,
  },
  { route: 'GET /v1/databases/:name/access/:account', url: '/v1/databases/shop/access/robot', ...lookers(200) },
  {
    route: 'GET /v1/databases/:name/access/:account',
    url: '/v1/databases/shop/access/vera%40example.com',
    ...lookers(200),
    member: 404,
  },
  {
    route: 'GET /v1/databases/:name/access/:account',
    url: '/v1/databases/owner%2Fother/access/robot',
    ...lookers(200),
    member: 404,
  },
  { route: 'GET /v1/databases/:name/removal', url: '/v1/databases/shop/removal', ...adminOnly(200) },
  { route: 'GET /v1/explain', url: '/v1/explain?account=robot&database=shop', ...everyone(200) },
  {
    route: 'GET /v1/explain',
    url: '/v1/explain?account=vera%40example.com&database=shop',
    ...everyone(404),
    viewer: 200,
    admin: 200,
  },
  { route: 'GET /v1/databases/:name/grants', url: '/v1/databases/shop/grants', ...observers(200) },
  {
    route: 'PUT /v1/databases/:name/grants/:account',
    url: '/v1/databases/shop/grants/vera%40example.com',
    body: { role: 'reader' },
    ...adminOnly(200),
  },
  {
    route: 'DELETE /v1/databases/:name/grants/:account',
    url: '/v1/databases/shop/grants/nina%40example.com',
    ...adminOnly(204),
    adminMachine: 404,
  },
  { route: 'GET /v1/service-accounts', url: '/v1/service-accounts', ...everyone(200), machine: 403 },
  { route: 'POST /v1/service-accounts', url: '/v1/service-accounts', body: NEW_ACCOUNT, ...makers(201), admin: 409 },
  {
    route: 'POST /v1/service-accounts',
    url: '/v1/service-accounts',
    body: IN_GROUPS,
    ...adminOnly(201),
    adminMachine: 409,
  },
  { route: 'GET /v1/service-accounts/:name', url: '/v1/service-accounts/robot', ...lookers(200) },
  { route: 'PATCH /v1/service-accounts/:name', url: '/v1/service-accounts/spare', body: {}, ...makers(409) },
  {
    route: 'PATCH /v1/service-accounts/:name',
    url: '/v1/service-accounts/deputy',
    body: {},
    ...adminOnly(200),
    member: 404,
  },
  { route: 'POST /v1/service-accounts/:name/disable', url: '/v1/service-accounts/spare/disable', ...makers(200) },
  { route: 'POST /v1/service-accounts/:name/enable', url: '/v1/service-accounts/spare/enable', ...makers(200) },
  { route: 'GET /v1/groups', url: '/v1/groups', ...observers(200) },
  { route: 'POST /v1/groups', url: '/v1/groups', body: { name: 'fresh' }, ...adminOnly(201), adminMachine: 409 },
  { route: 'GET /v1/groups/:group', url: '/v1/groups/staff', ...observers(200) },
  { route: 'PATCH /v1/groups/:group', url: '/v1/groups/staff', body: {}, ...adminOnly(200) },
  { route: 'GET /v1/groups/:group/members', url: '/v1/groups/staff/members', ...observers(200) },
  {
    route: 'PUT /v1/groups/:group/members/:account',
    url: '/v1/groups/staff/members/nina%40example.com',
    ...adminOnly(200),
  },
  { route: 'PUT /v1/groups/:group/members/:account', url: '/v1/groups/staff/members/robot', ...adminOnly(409) },
  {
    route: 'DELETE /v1/groups/:group/members/:account',
    url: '/v1/groups/staff/members/nina%40example.com',
    ...adminOnly(204),
    adminMachine: 404,
  },
  { route: 'GET /v1/groups/:group/grants', url: '/v1/groups/staff/grants', ...observers(200) },
  {
    route: 'PUT /v1/groups/:group/grants/:database',
    url: '/v1/groups/staff/grants/owner%2Fother',
    body: { role: 'reader' },
    ...adminOnly(200),
  },
  {
    route: 'DELETE /v1/groups/:group/grants/:database',
    url: '/v1/groups/staff/grants/owner%2Fother',
    ...adminOnly(204),
    adminMachine: 404,
  },
  { route: 'GET /v1/accounts/:account/keys', url: '/v1/accounts/robot/keys', ...lookers(200) },
  { route: 'GET /v1/accounts/:account/keys', url: '/v1/accounts/ada%40example.com/keys', ...lookers(200) },
  { route: 'POST /v1/accounts/:account/keys', url: '/v1/accounts/spare/keys', body: {}, ...makers(201) },
  {
    route: 'POST /v1/accounts/:account/keys',
    url: '/v1/accounts/vera%40example.com/keys',
    body: {},
    ...makers(201),
    viewer: 201,
    member: 404,
  },
  {
    route: 'POST /v1/keys/:id/rotate',
    url: '/v1/keys/SPARE_KEY/rotate',
    body: {},
    ...makers(201),
    admin: 409,
  },
  { route: 'POST /v1/accounts/:account/keys/revoke-all', url: '/v1/accounts/spare/keys/revoke-all', ...makers(200) },
  { route: 'GET /v1/keys/:id', url: '/v1/keys/ROBOT_KEY', ...lookers(200) },
  { route: 'PATCH /v1/keys/:id', url: '/v1/keys/SPARE_KEY', body: { name: 'ci' }, ...makers(200) },
  { route: 'POST /v1/keys/:id/revoke', url: '/v1/keys/SPARE_KEY/revoke', ...makers(200) },
  { route: 'POST /v1/keys/revoke', url: '/v1/keys/revoke', body: { token: mintToken().token }, ...everyone(204) },
  { route: 'GET /v1/audit-events', url: '/v1/audit-events', ...observers(200) },
  { route: 'GET /v1/audit-events/export', url: '/v1/audit-events/export', ...observers(200) },
  { route: 'GET /v1/audit-events/verify', url: '/v1/audit-events/verify', ...observers(200) },
  { route: 'GET /v1/sessions', url: '/v1/sessions', ...lookers(200) },
  { route: 'GET /v1/sessions/:id', url: '/v1/sessions/ROBOT-22222', ...lookers(200) },
  { route: 'GET /v1/sessions/:id', url: '/v1/sessions/OTHER-22222', ...lookers(200), member: 404 },
  { route: 'POST /v1/sessions/:id/end', url: '/v1/sessions/ROBOT-22222/end', ...makers(202) },
  { route: 'POST /v1/sessions/:id/end', url: '/v1/sessions/OTHER-22222/end', ...adminOnly(202), member: 404 },
  { route: 'POST /v1/sessions/:id/end', url: '/v1/sessions/VERAS-22222/end', ...makers(202), viewer: 202, member: 404 },
  { route: 'GET /v1/instances', url: '/v1/instances', ...observers(200) },
  { route: 'GET /v1/login-blocks', url: '/v1/login-blocks', ...observers(200) },
  {
    route: 'DELETE /v1/login-blocks/:address',
    url: '/v1/login-blocks/192.0.2.7',
    ...adminOnly(202),
    adminMachine: 404,
  },
  { route: 'GET /v1/login-counts', url: '/v1/login-counts', ...observers(200) },
  { route: 'GET /v1/expiring-keys', url: '/v1/expiring-keys', ...lookers(200) },
  // Last: what they take away is gone for the rows before.
  { route: 'DELETE /v1/service-accounts/:name', url: '/v1/service-accounts/spare', ...makers(204), admin: 404 },
  { route: 'DELETE /v1/groups/:group', url: '/v1/groups/staff', ...adminOnly(204), adminMachine: 404 },
  { route: 'DELETE /v1/groups/:group', url: '/v1/groups/deputies', ...adminOnly(409) },
  { route: 'DELETE /v1/users/:email', url: '/v1/users/nina%40example.com', ...adminOnly(204), adminMachine: 404 },
  { route: 'DELETE /v1/databases/:name', url: '/v1/databases/spare', ...adminOnly(200), adminMachine: 404 },
]

const PUBLIC = [
  'GET /healthz',
  'GET /openapi.json',
  'POST /v1/keys/revoke',
  'POST /v1/login',
  'POST /v1/invitations/accept',
]

void t.test('who may use which route', { timeout: 120_000 }, async t => {
  const world = await (await worlds(t))(t)
  const { callers, ids } = await callersOf(world)
  for (const row of ROWS) {
    const method = row.route.split(' ')[0] as Method
    const url = row.url.replace('ROBOT_KEY', ids.robot).replace('SPARE_KEY', ids.spare)
    await t.test(`${method} ${row.url}`, async t => {
      for (const [caller, token] of Object.entries(callers)) {
        const expected = expectedOf(row, caller)
        const response = await world.ask(method, url, token, row.body)
        t.equal(response.statusCode, expected, `as ${caller}: ${response.payload.slice(0, 200)}`)
        if (response.statusCode >= 400) await checkDocumented(t, world, row.route, response.json())
      }
    })
  }
})

void t.test('every route of the API has a row', async t => {
  const app = await unconnectedApi()
  t.teardown(() => app.close())
  t.strictSame(routesOf(app), [...new Set(ROWS.map(row => row.route))].sort())
})

void t.test('a route that declares no permission can not be registered', async t => {
  const app = Fastify()
  guardRoutes(app, {
    store: {} as never,
    console: {} as never,
    authenticate: () => Promise.reject(new Error('not asked')),
    isPublicPlugin: () => false,
  })
  t.throws(() => app.get('/v1/forgotten', () => 'open'), { message: 'GET /v1/forgotten has no permission' })
})

const KNOWN = ['viewer', 'member', 'admin', 'machine'] as const

function isKnown(caller: string): caller is (typeof KNOWN)[number] {
  return (KNOWN as readonly string[]).includes(caller)
}

function expectedOf(row: Row, caller: string): number {
  if (caller === 'adminMachine') return row.adminMachine ?? row.admin
  if (isKnown(caller)) return row[caller]
  return PUBLIC.includes(row.route) ? row.member : 401
}

async function callersOf(world: World) {
  const admin = await world.person('admin@example.com', 'admin')
  const member = await world.person('ada@example.com', 'member')
  const viewer = await world.person('vera@example.com', 'viewer')
  const nina = await world.person('nina@example.com', 'member')
  for (const name of ['shop', 'spare', 'owner/other']) {
    const added = await addDatabase(world, admin, name)
    if (added.statusCode !== 201) throw new Error(added.payload)
  }
  for (const person of [member, viewer, nina]) await grant(world, admin, person, 'shop', 'writer')
  const robot = await serviceAccount(world, member, { name: 'robot' })
  const spare = await serviceAccount(world, member, { name: 'spare' })
  const deputy = await adminMachine(world, admin)
  await liveSessions(world, {
    'ROBOT-22222': 'robot',
    'OTHER-22222': nina.account.name,
    'VERAS-22222': viewer.account.name,
  })
  const block = { network: '192.0.2.7/32', badTokens: 30, ageMs: 0, leftMs: 600_000 }
  await reportBlocks(world.store, randomUUID(), [block])
  const disabled = await world.person('off@example.com', 'admin')
  await disableAccount(world.store, disabled.account.id)
  const revoked = await world.key(admin.account)
  await revokeKey(world.store, revoked.keyId)
  const expired = await world.key(admin.account, Date.now() - 1000)
  const callers = {
    nobody: null,
    'a text that is no token': 'pstn_nonsense',
    'a token that no key has': mintToken().token,
    disabled: disabled.token,
    revoked: revoked.token,
    expired: expired.token,
    viewer: viewer.token,
    machine: robot.token,
    member: member.token,
    admin: admin.token,
    adminMachine: deputy.token,
  }
  return { callers, ids: { robot: robot.keyId, spare: spare.keyId } }
}

/** Makes `deputy`, a service account that administers through the group `deputies` and reaches shop through `staff`. */
async function adminMachine(world: World, admin: Person): Promise<{ token: string }> {
  await group(world, admin, { name: 'deputies', organization_admin: true })
  await group(world, admin, { name: 'staff' }, { shop: 'writer' })
  return groupsAccount(world, admin, 'deputy', ['deputies', 'staff'])
}

/** Sessions as an instance reports them, by their ids, of the accounts of these names. */
async function liveSessions({ store }: World, sessions: Record<string, string>): Promise<void> {
  const [id, upMs, listSeq, bytesFromClient] = [randomUUID(), 0, 0, 0]
  await reportInstance(store, {
    id,
    host: 'one',
    version: '1',
    runsProxy: true,
    upMs,
    listSeq,
    listAgeMs: 0,
    isPushUp: true,
  })
  const about = { keyId: 'k', database: 'shop', role: 'reader', login: 'l', address: 'a', application: null } as const
  for (const [name, account] of Object.entries(sessions)) {
    const { id: accountId } = await getAccountByName(store, account)
    const where = { id: name, accountId, account, databaseId: accountId, ageMs: 0, state: 'idle' } as const
    const changed = [{ ...about, ...where, bytesFromClient, bytesFromUpstream: 0 }]
    await reportSessions(store, id, { changed, gone: [] })
  }
}

/** A problem is one that the document tells of for this route. */
async function checkDocumented(
  t: Test,
  { app }: World,
  route: string,
  { code, status }: { code: ProblemCode; status: number },
): Promise<void> {
  const [method = '', path = ''] = route.split(' ')
  const document = app.swagger() as unknown as Document
  const answers = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.responses
  t.equal(PROBLEMS[code].status, status)
  t.match(answers?.[status]?.description, `\`${code}\``, `${route} documents ${code}`)
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<number, { description: string }> }>>
}
