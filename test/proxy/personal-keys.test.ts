// A personal key reaches in psql what its owner may, and in the API too: the two are asked beside each other.

import pg from 'pg'
import t from 'tap'
import { createPersonalAccount } from '../../src/store/account-lifecycle.js'
import { setGrant } from '../../src/store/grants.js'
import { makeWorld, type World } from '../support/world.js'

const world = await makeWorld(t, { only: 'both' })
const admin = await world.key(world.admin)

async function ask(
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; answer: never }> {
  const response = await fetch(`${world.instance.api}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, answer: (text === '' ? null : JSON.parse(text)) as never }
}

/** Logs in with a personal key, and tells as which login. */
async function loginOf(member: { name: string; token: string }): Promise<string> {
  const client = new pg.Client(world.uri(member))
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ current_user: string }>('select current_user')
    return rows[0]?.current_user ?? ''
  } finally {
    await client.end()
  }
}

/** Logs in as soon as the proxy has heard of what was given, which it is told of at once, but not before the giver is. */
async function loginOnceGiven(member: { name: string; token: string }): Promise<string> {
  for (;;) {
    try {
      return await loginOf(member)
    } catch (error) {
      if (!['42501', '28P01'].includes((error as pg.DatabaseError).code ?? '')) throw error
    }
  }
}

async function reachOf(token: string): Promise<{ database: string; role: string }[]> {
  const { answer } = await ask(token, 'GET', '/me')
  return (answer as { reach: { database: string; role: string }[] }).reach
}

async function person(world: World, email: string, orgRole: 'member' | 'viewer') {
  const { id, name } = await createPersonalAccount(world.store, { email, orgRole, passwordHash: null })
  return world.key({ id, name })
}

void t.test('a personal key has its owner’s own grant, in psql and in the API', async t => {
  const ada = await person(world, 'ada@example.com', 'member')
  await t.rejects(loginOf(ada), { code: '42501' })
  t.strictSame(await reachOf(ada.token), [])
  await setGrant(world.store, { accountId: ada.id, databaseId: world.database.id, role: 'reader' })
  t.match(await loginOnceGiven(ada), /_reader$/)
  t.match(await reachOf(ada.token), [{ database: 'shop', role: 'reader' }])
})

void t.test('a personal key has the grants of its owner’s groups, the highest role of all', async t => {
  const bea = await person(world, 'bea@example.com', 'member')
  await setGrant(world.store, { accountId: bea.id, databaseId: world.database.id, role: 'reader' })
  t.equal((await ask(admin.token, 'POST', '/groups', { name: 'writers' })).status, 201)
  await ask(admin.token, 'PUT', '/groups/writers/grants/shop', { role: 'writer' })
  t.equal((await ask(admin.token, 'PUT', '/groups/writers/members/bea%40example.com')).status, 200)
  t.match(await loginOnceGiven(bea), /_writer$/)
  t.match(await reachOf(bea.token), [{ database: 'shop', role: 'writer' }])
})

void t.test('a viewer makes a key for themselves, and it works in psql', async t => {
  const vera = await person(world, 'vera@example.com', 'viewer')
  await setGrant(world.store, { accountId: vera.id, databaseId: world.database.id, role: 'reader' })
  const { status, answer } = await ask(vera.token, 'POST', '/accounts/vera%40example.com/keys', { name: 'laptop' })
  t.equal(status, 201)
  const { token } = answer as { token: string }
  t.match(await loginOnceGiven({ name: vera.name, token }), /_reader$/)
})

void t.test('a person may hold five keys, and one more once one is revoked', async t => {
  const eve = await person(world, 'eve@example.com', 'member')
  const create = (token: string) => ask(token, 'POST', '/accounts/eve%40example.com/keys', {})
  const second = (await create(eve.token)).answer as { token: string }
  for (let n = 2; n < 5; n++) t.equal((await create(eve.token)).status, 201)
  t.match((await create(eve.token)).answer, { status: 409, code: 'key_limit_reached', limit: 5 })
  t.equal((await ask(eve.token, 'POST', `/keys/${eve.keyId}/revoke`)).status, 200)
  t.equal((await create(second.token)).status, 201)
  t.match((await create(second.token)).answer, { code: 'key_limit_reached' })
})

void t.test('a deactivated person’s keys stop in psql and in the API, and so does a session that is live', async t => {
  const fay = await person(world, 'fay@example.com', 'member')
  await setGrant(world.store, { accountId: fay.id, databaseId: world.database.id, role: 'reader' })
  const client = new pg.Client(world.uri(fay))
  const ended = new Promise<Error>(resolve => client.on('error', resolve))
  await client.connect()
  t.equal((await ask(admin.token, 'POST', '/users/fay%40example.com/deactivate')).status, 200)
  t.match(await ended, { code: '57P01' })
  await t.rejects(loginOf(fay), { code: '28P01' })
  t.equal((await ask(fay.token, 'GET', '/me')).status, 401)
  await ask(admin.token, 'POST', '/users/fay%40example.com/activate')
  t.match(await loginOnceGiven(fay), /_reader$/)
})

void t.test('a transfer decides live sessions again: one that the new maker does not reach ends', async t => {
  const gil = await person(world, 'gil@example.com', 'member')
  const hal = await person(world, 'hal@example.com', 'member')
  await setGrant(world.store, { accountId: gil.id, databaseId: world.database.id, role: 'writer' })
  const scope = { type: 'pinned', role: 'writer', databases: ['shop'] }
  t.equal((await ask(gil.token, 'POST', '/service-accounts', { name: 'nightly', scope })).status, 201)
  const { token } = (await ask(gil.token, 'POST', '/accounts/nightly/keys', {})).answer as { token: string }
  const client = new pg.Client(world.uri({ name: 'nightly', token }))
  const ended = new Promise<Error>(resolve => client.on('error', resolve))
  await client.connect()
  t.equal((await ask(admin.token, 'DELETE', `/users/gil%40example.com?transfer_to=${hal.name}`)).status, 204)
  t.match(await ended, { code: '57P01' })
  await t.rejects(loginOf({ name: 'nightly', token }), { code: '42501' })
  await setGrant(world.store, { accountId: hal.id, databaseId: world.database.id, role: 'reader' })
  t.match(await loginOnceGiven({ name: 'nightly', token }), /_reader$/, 'capped by what the new maker has')
})
