// Rotation as its callers see it: a new token, and time to bring it where it is needed.

import t from 'tap'
import { listAuditEvents } from '../../src/store/audit.js'
import { worlds } from './fixture.js'

const DAY_MS = 24 * 60 * 60 * 1000
const makeWorld = await worlds(t)

interface Key {
  id: string
  name: string | null
  state: string
  expires_at: string | null
  successor: string | null
}

interface Rotated {
  key: Key
  token: string
  replaced: Key
}

async function ada(t: Parameters<typeof makeWorld>[0], options?: Parameters<typeof makeWorld>[1]) {
  const world = await makeWorld(t, options)
  const ada = await world.person('ada@example.com', 'member')
  const create = async (body: object) =>
    (await world.ask('POST', '/v1/accounts/ada%40example.com/keys', ada.token, body)).json<{
      key: Key
      token: string
    }>()
  const rotate = (id: string, body: object) => world.ask('POST', `/v1/keys/${id}/rotate`, ada.token, body)
  const works = async (token: string) => (await world.ask('GET', '/v1/me', token)).statusCode === 200
  return { world, ada, create, rotate, works }
}

const daysLeft = ({ expires_at: at }: Key) => Math.round((Date.parse(at ?? '') - Date.now()) / DAY_MS)

void t.test('both tokens work during the grace period, a day unless asked for otherwise', async t => {
  const { world, create, rotate, works } = await ada(t)
  const { key, token } = await create({ name: 'ci', description: 'nightly', expires_in_days: 30 })
  const response = await rotate(key.id, {})
  t.equal(response.statusCode, 201)
  t.equal(response.headers['cache-control'], 'no-store')
  const rotated = response.json<Rotated>()
  t.equal(response.headers.location, `/v1/keys/${rotated.key.id}`)
  t.match(rotated, {
    key: { name: 'ci', description: 'nightly', state: 'active', created_by: 'ada@example.com', successor: null },
    replaced: { id: key.id, state: 'active', successor: rotated.key.id },
  })
  t.equal(daysLeft(rotated.key), 30, 'made for as long as the old one was')
  t.equal(daysLeft(rotated.replaced), 1)
  t.ok((await works(token)) && (await works(rotated.token)))

  const { items } = await listAuditEvents(world.store, { action: 'key.rotate' }, { limit: 9 })
  t.match(items, [
    { target: `ada@example.com ${rotated.key.id}`, after: { state: 'active' } },
    { target: `ada@example.com ${key.id}`, before: { successor: null }, after: { successor: rotated.key.id } },
  ])
  t.notMatch(JSON.stringify(items), rotated.token)
})

void t.test('without a grace period the old token stops at once', async t => {
  const { create, rotate, works } = await ada(t)
  const { key, token } = await create({})
  const { replaced, ...made } = (
    await rotate(key.id, { grace_minutes: 0, expires_in_days: 7, name: 'new' })
  ).json<Rotated>()
  t.match(replaced, { state: 'revoked' })
  t.match(made.key, { name: 'new' })
  t.equal(daysLeft(made.key), 7)
  t.notOk(await works(token))
  t.ok(await works(made.token))
})

void t.test('an account that is full is told how to rotate all the same', async t => {
  const { rotate, ada: me } = await ada(t, { limits: { keysPerPersonalAccount: 1 } })
  const refused = await rotate(me.keyId, {})
  t.match(refused.json(), { status: 409, code: 'key_limit_reached', limit: 1, hint: /grace_minutes/ })
  t.equal((await rotate(me.keyId, { grace_minutes: 0 })).statusCode, 201)
})

void t.test('a key that was rotated or revoked, or is of somebody else, is not rotated', async t => {
  const { world, create, rotate } = await ada(t)
  const { key } = await create({})
  t.equal((await rotate(key.id, {})).statusCode, 201)
  t.match((await rotate(key.id, {})).json(), { status: 409, code: 'key_not_active', hint: /successor/ })
  const revoked = (await create({})).key.id
  await world.ask('POST', `/v1/keys/${revoked}/revoke`, (await world.person('admin@example.com', 'admin')).token)
  t.match((await rotate(revoked, {})).json(), { code: 'key_not_active' })
  const eve = await world.person('eve@example.com', 'member')
  t.match((await rotate(eve.keyId, {})).json(), { status: 404, code: 'key_not_found' })
  for (const grace_minutes of [-1, 43_201, 1.5, '5']) {
    t.match((await rotate(key.id, { grace_minutes })).json(), { errors: [{ field: 'grace_minutes' }] })
  }
})
