// Creations that are sent twice: made once, answered twice, and no secret is kept for it.

import t from 'tap'
import { listAuditEvents } from '../../src/store/audit.js'
import { addDatabase, grant, worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)
const SCOPE = { type: 'pinned', role: 'reader', databases: ['shop'] }

async function shop(t: Parameters<typeof makeWorld>[0]) {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await addDatabase(world, admin, 'shop')
  await grant(world, admin, admin, 'shop', 'admin')
  const post = (url: string, body: object, key: string, token = admin.token) =>
    world.ask('POST', url, token, body, { 'idempotency-key': key })
  return { world, admin, post }
}

const kept = (world: World) =>
  world.store.run<{ key: string; body: string | null }>(
    'look',
    'select i::text as text, * from postern.idempotency_keys i',
  )

void t.test('the same request gets the same answer, and makes nothing twice', async t => {
  const { world, post } = await shop(t)
  const make = (name: string) => post('/v1/service-accounts', { name, scope: SCOPE }, 'K-1')
  const first = await make('robot')
  t.equal(first.statusCode, 201)
  t.equal(first.headers['idempotency-replayed'], undefined)
  const second = await make('robot')
  t.equal(second.statusCode, 201)
  t.strictSame(second.json(), first.json())
  t.match(second.headers, { 'idempotency-replayed': 'true', location: '/v1/service-accounts/robot' })
  t.equal(second.headers['content-type'], first.headers['content-type'])
  t.match((await make('other')).json(), { status: 422, code: 'idempotency_key_reused' })

  const { items } = await listAuditEvents(world.store, { action: 'service-account' }, { limit: 9 })
  t.match(items, [
    { outcome: 'refused', reason: 'idempotency_key_reused' },
    { outcome: 'done', target: 'robot' },
  ])
})

void t.test('a key is of one account, and of one request', async t => {
  const { world, post } = await shop(t)
  const ada = await world.person('ada@example.com', 'member')
  t.equal((await post('/v1/accounts/ada%40example.com/keys', {}, 'K-1')).statusCode, 201)
  t.equal((await post('/v1/accounts/ada%40example.com/keys', {}, 'K-1', ada.token)).statusCode, 201)
  const elsewhere = await post('/v1/accounts/admin%40example.com/keys', {}, 'K-1')
  t.match(elsewhere.json(), { code: 'idempotency_key_reused' })
})

void t.test('an answer with a token is not kept: its request is told what it made', async t => {
  const { world, admin, post } = await shop(t)
  const creation = await post('/v1/accounts/admin%40example.com/keys', { name: 'ci' }, 'K-1')
  const rotation = await post(`/v1/keys/${admin.keyId}/rotate`, {}, 'K-2')
  const again = [
    [creation, await post('/v1/accounts/admin%40example.com/keys', { name: 'ci' }, 'K-1')],
    [rotation, await post(`/v1/keys/${admin.keyId}/rotate`, {}, 'K-2')],
  ] as const
  const invite = () => post('/v1/invitations', { email: 'eve@example.com', org_role: 'member' }, 'K-3')
  const { token: link, invitation } = (await invite()).json<{ token: string; invitation: { id: string } }>()
  const location = `/v1/invitations/${invitation.id}`
  t.match((await invite()).json(), { code: 'already_created', location })
  t.notMatch(JSON.stringify(await kept(world)), link)
  for (const [first, second] of again) {
    const { key, token } = first.json<{ key: { id: string }; token: string }>()
    const location = `/v1/keys/${key.id}`
    t.match(second.json(), { status: 409, code: 'already_created', location, detail: new RegExp(key.id) })
    t.notMatch(second.payload, token)
    t.notMatch(JSON.stringify(await kept(world)), token)
  }
  t.match(await kept(world), [{ body: null }, { body: null }, { body: null }])
})

void t.test('what was refused can be sent again with the same key', async t => {
  const { world, admin, post } = await shop(t)
  await grant(world, admin, admin, 'shop', 'reader')
  const body = { name: 'robot', scope: { ...SCOPE, role: 'writer' } }
  t.equal((await post('/v1/service-accounts', body, 'K-1')).statusCode, 403)
  t.strictSame(await kept(world), [])
  await grant(world, admin, admin, 'shop', 'writer')
  t.equal((await post('/v1/service-accounts', body, 'K-1')).statusCode, 201)
})

void t.test('sent many times at once it is made once', async t => {
  const { world, post } = await shop(t)
  const url = await world.server.freshDatabase()
  const add = () => post('/v1/databases', { name: 'fresh', url, provision: true }, 'K-1')
  const answers = await Promise.all([add(), add(), add()])
  const made = answers.filter(({ statusCode, headers }) => statusCode === 201 && !headers['idempotency-replayed'])
  t.equal(made.length, 1)
  for (const other of answers.filter(answer => !made.includes(answer))) {
    t.ok(other.headers['idempotency-replayed'] ?? other.json<{ code: string }>().code === 'request_under_way')
  }
  t.match((await add()).headers, { 'idempotency-replayed': 'true', location: '/v1/databases/fresh' })
  t.notMatch(JSON.stringify(await kept(world)), new URL(url).password)
})

void t.test('while a request is carried out, the same one is told to wait', async t => {
  const { world, admin, post } = await shop(t)
  const rotate = () => post(`/v1/keys/${admin.keyId}/rotate`, {}, 'K-1')
  await rotate()
  await world.store.run('go back', 'update postern.idempotency_keys set status = null')
  const early = await rotate()
  t.match(early.json(), { status: 409, code: 'request_under_way' })
  t.match(early.headers['retry-after'], /^\d+$/)
})

void t.test('a key is 1 to 255 printable characters, and only creations take one', async t => {
  const { world, admin, post } = await shop(t)
  for (const key of ['', 'x'.repeat(256), 'é', 'a\tb']) {
    const refused = await post('/v1/accounts/admin%40example.com/keys', {}, key)
    t.match(refused.json(), { code: 'invalid_request', errors: [{ field: 'Idempotency-Key' }] }, key)
  }
  t.equal((await post('/v1/accounts/admin%40example.com/keys', {}, 'x'.repeat(255))).statusCode, 201)
  const revoke = () => post(`/v1/keys/${admin.keyId}/revoke`, {}, 'K-9')
  t.equal((await revoke()).statusCode, 200)
  t.equal((await kept(world)).length, 1)
})
