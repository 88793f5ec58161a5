import t from 'tap'
import Fastify from 'fastify'
import { change } from '../../src/api/audit-trail.js'
import { guardRoutes } from '../../src/api/authorize.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { addDatabase, grant, serviceAccount, worlds } from './fixture.js'

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
  t.match(refused, { target: robot.keyId, reference: /^urn:uuid:/, address: '127.0.0.1' })
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
