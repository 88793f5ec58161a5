import t from 'tap'
import Fastify from 'fastify'
import { change } from '../../src/api/audit-trail.js'
import { guardRoutes } from '../../src/api/authorize.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { addDatabase, grant, group, groupsAccount, serviceAccount, worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test('a change and a refused attempt at one are told, by whom and with which key', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const vera = await world.person('vera@example.com', 'viewer')
  await addDatabase(world, admin, 'shop')
  await grant(world, admin, admin, 'shop', 'writer')
  const robot = await serviceAccount(world, admin, { name: 'robot' })
  t.equal((await world.ask('POST', `/v1/keys/${robot.keyId}/revoke`, vera.token)).statusCode, 403)
  t.equal((await world.ask('POST', `/v1/keys/${robot.keyId}/revoke`, admin.token)).statusCode, 200)

  const { items } = await listAuditEvents(world.store, {}, { limit: 20 })
  const [revoked, refused, keyMade, made, granted] = items
  t.match(revoked, { actor: 'admin@example.com', actorKey: admin.keyId, action: 'key.revoke', outcome: 'done' })
  t.match(revoked, { target: `robot ${robot.keyId}`, before: { state: 'active' }, after: { state: 'revoked' } })
  t.match(refused, { actor: 'vera@example.com', action: 'key.revoke', outcome: 'refused', reason: 'permission_denied' })
  t.match(refused, { target: `robot ${robot.keyId}`, reference: /^urn:uuid:/, address: '127.0.0.1' })
  t.match(keyMade, { action: 'key.create', target: `robot ${robot.keyId}` })
  t.match(made, { action: 'service-account.create', after: { scope: { role: 'reader' } } })
  t.match(granted, { action: 'grant.set', before: { role: 'admin' }, after: { role: 'writer' } })
})

void t.test('whoever holds a token that was revoked is told of, with its key; nobody at all is not', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await world.ask('POST', `/v1/keys/${admin.keyId}/revoke`, admin.token)
  t.equal((await world.ask('POST', '/v1/databases', admin.token, {})).statusCode, 401)
  t.equal((await world.ask('POST', '/v1/databases', null, {})).statusCode, 401)
  const { items } = await listAuditEvents(world.store, { outcome: 'refused' }, { limit: 20 })
  t.match(items, [{ actor: null, actorKey: admin.keyId, action: 'database.add', reason: 'credentials_rejected' }])
  t.equal(items.length, 1)
})

void t.test('all that became of an account, its keys and its memberships is found by its name', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  for (const name of ['analysts', 'writers']) await group(world, admin, { name })
  const nightly = await groupsAccount(world, admin, 'nightly', ['analysts'])
  const ask = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    (await world.ask(method, `/v1${path}`, admin.token, body)).statusCode
  t.equal(await ask('PATCH', '/service-accounts/nightly', { groups: ['writers'] }), 200)
  t.equal(await ask('POST', `/keys/${nightly.keyId}/rotate`, {}), 201)
  t.equal(await ask('POST', '/accounts/nightly/keys/revoke-all'), 200)
  t.equal(await ask('POST', '/accounts/nightly/keys', { name: 'a name with blanks', expires_in_days: 0 }), 400)
  t.equal(await ask('POST', `/keys/${nightly.keyId}/rotate`, {}), 409)
  t.equal(await ask('POST', '/accounts/nightly/keys', {}), 201)
  t.equal(await ask('DELETE', '/service-accounts/nightly'), 204)

  const of = async (target: string) =>
    (await listAuditEvents(world.store, { target }, { limit: 50 })).items.toReversed()
  const told = (await of('nightly')).map(({ action, target, outcome }) => `${action} ${target} ${outcome}`)
  const [first, second, third] = (await of('nightly'))
    .flatMap(({ target }) => /^nightly (\w{12})$/.exec(target ?? '')?.[1] ?? [])
    .filter((id, index, all) => all.indexOf(id) === index)
  t.same(told, [
    'service-account.create nightly done',
    'group-member.add analysts nightly done',
    `key.create nightly ${first} done`,
    'group-member.remove analysts nightly done',
    'group-member.add writers nightly done',
    'service-account.edit nightly done',
    `key.rotate nightly ${first} done`,
    `key.rotate nightly ${second} done`,
    ...[first, second].map(id => `key.revoke-all nightly ${id} done`).sort(byId(told)),
    'key.revoke-all nightly done',
    'key.create nightly refused',
    `key.rotate nightly ${first} refused`,
    `key.create nightly ${third} done`,
    `key.revoke nightly ${third} done`,
    'group-member.remove writers nightly done',
    'service-account.delete nightly done',
  ])
  t.match(await of('analysts'), [
    { action: 'group.create' },
    { target: 'analysts nightly' },
    { target: 'analysts nightly' },
  ])
  t.same(
    (await of(nightly.keyId)).map(({ action }) => action),
    ['key.create', 'key.rotate', 'key.revoke-all', 'key.rotate'],
  )
  t.ok((await of(admin.keyId)).length > 10, 'and by the id of a key what was done with it')
})

/** In the order of what was told: the store revokes all at once. */
function byId(told: readonly string[]) {
  return (a: string, b: string) => told.indexOf(a) - told.indexOf(b)
}

void t.test('a group that is deleted is told under its members', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await world.person('ada@example.com', 'member')
  await group(world, admin, { name: 'staff' })
  await world.ask('PUT', '/v1/groups/staff/members/ada%40example.com', admin.token)
  t.equal((await world.ask('DELETE', '/v1/groups/staff', admin.token)).statusCode, 204)
  const { items } = await listAuditEvents(world.store, { target: 'ada@example.com' }, { limit: 10 })
  t.match(items, [{ action: 'group-member.remove', target: 'staff ada@example.com' }, { action: 'group-member.add' }])
})

void t.test('a change that notes nothing is not made', async t => {
  const world = await makeWorld(t)
  const request = { routeOptions: { url: '/v1/silent', config: {} } } as never
  const work = change(world.store, request, tx => tx.run('change', "update postern.audit_head set hash = ''"))
  await t.rejects(work, { message: '/v1/silent changed something and noted nothing' })
  t.strictSame(await world.store.run('look', "select seq from postern.audit_head where hash = ''"), [])
})

void t.test('a route that changes things and names no action can not be registered', async t => {
  const app = Fastify()
  const authenticate = () => Promise.reject(new Error('not asked'))
  guardRoutes(app, { store: {} as never, console: {} as never, authenticate, isPublicPlugin: () => false })
  const silent = { config: { permission: 'admin' } } as const
  t.throws(() => app.post('/v1/silent', silent, () => 'done'), { message: /has no action for the audit log/ })
})
