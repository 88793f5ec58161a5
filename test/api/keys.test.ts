// Keys: created once and shown once, limited, revoked by id, by token and all at once.

import { createHash } from 'node:crypto'
import t from 'tap'
import { mintToken, parseToken } from '../../src/auth/token.js'
import { disableAccount } from '../../src/store/account-lifecycle.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { getKey } from '../../src/store/keys.js'
import { worlds } from './fixture.js'

const DAY_MS = 24 * 60 * 60 * 1000
const makeWorld = await worlds(t)

interface CreatedKey {
  key: { id: string; name: string; state: string; expires_at: string | null }
  token: string
}

void t.test('a key is created with its token, which is shown this once and not stored', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const path = '/v1/accounts/ada%40example.com/keys'
  const response = await world.ask('POST', path, ada.token, { name: 'laptop', expires_in_days: 30 })
  t.equal(response.statusCode, 201)
  t.equal(response.headers['cache-control'], 'no-store')
  const { key, token } = response.json<CreatedKey>()
  t.equal(response.headers.location, `/v1/keys/${key.id}`)
  t.equal(parseToken(token)?.keyId, key.id)
  t.match(key, { name: 'laptop', state: 'active' })
  const inDays = (Date.parse(key.expires_at ?? '') - Date.now()) / DAY_MS
  t.ok(inDays > 29.9 && inDays <= 30, `${inDays} days`)
  t.equal((await world.ask('GET', '/v1/me', token)).statusCode, 200, 'it works at once')

  const seen = [await world.ask('GET', path, ada.token), await world.ask('GET', `/v1/keys/${key.id}`, ada.token)]
  for (const { payload } of seen) t.notMatch(payload, token)
  const stored = await world.store.run<{ text: string }>('look', 'select k::text as text from postern.api_keys k')
  for (const { text } of stored) {
    t.notMatch(text, token)
    t.notMatch(text, createHash('sha256').update(token).digest('hex'), 'and no fast hash of it either')
  }
})

void t.test('expiry is 1 to 3650 whole days', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  for (const days of [0, -1, 3651, 1.5, '30', null]) {
    const response = await world.ask('POST', '/v1/accounts/ada%40example.com/keys', ada.token, {
      expires_in_days: days,
    })
    t.match(response.json(), { code: 'invalid_request', errors: [{ field: 'expires_in_days', hint: /1 to 3650/ }] })
  }
  for (const days of [1, 3650]) {
    const response = await world.ask('POST', '/v1/accounts/ada%40example.com/keys', ada.token, {
      expires_in_days: days,
    })
    t.equal(response.statusCode, 201)
  }
})

void t.test('an account has a limited number of active keys, also when many are made at once', async t => {
  const world = await makeWorld(t, { limits: { keysPerPersonalAccount: 3 } })
  const ada = await world.person('ada@example.com', 'member')
  const create = () => world.ask('POST', '/v1/accounts/ada%40example.com/keys', ada.token, {})
  const responses = await Promise.all([create(), create(), create(), create()])
  t.strictSame(responses.map(response => response.statusCode).sort(), [201, 201, 409, 409])
  const refused = responses.find(response => response.statusCode === 409)
  t.match(refused?.json(), { code: 'key_limit_reached', limit: 3 })

  const made = responses.find(response => response.statusCode === 201)?.json<CreatedKey>()
  await world.ask('POST', `/v1/keys/${made?.key.id}/revoke`, ada.token)
  t.equal((await create()).statusCode, 201, 'a revoked key makes room')
})

void t.test('revoking twice is fine: the first time stands, and no other key is touched', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const other = await world.key(ada.account)
  const revoke = () => world.ask('POST', `/v1/keys/${other.keyId}/revoke`, ada.token)
  const first = await revoke()
  t.match(first.json(), { state: 'revoked' })
  t.strictSame((await revoke()).json(), first.json())
  t.equal((await world.ask('GET', '/v1/me', other.token)).statusCode, 401)
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 200)
})

void t.test('all keys of an account are revoked at once, and again revokes none', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  const path = '/v1/accounts/ada%40example.com/keys/revoke-all'
  t.strictSame((await world.ask('POST', path, admin.token)).json(), { active: 1, revoked: [ada.keyId] })
  t.strictSame((await world.ask('POST', path, admin.token)).json(), { active: 0, revoked: [] })
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 401)
})

void t.test('all keys of an account: only active ones are counted, and expired ones are revoked too', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const second = await world.key(ada.account)
  const expired = await world.key(ada.account, Date.now() - 1000)
  const gone = await world.key(ada.account)
  await world.ask('POST', `/v1/keys/${gone.keyId}/revoke`, ada.token)
  const path = '/v1/accounts/ada%40example.com/keys'
  const answer = (await world.ask('POST', `${path}/revoke-all`, ada.token)).json<{
    active: number
    revoked: string[]
  }>()
  t.equal(answer.active, 2)
  t.same(new Set(answer.revoked), new Set([ada.keyId, second.keyId]))
  t.match(await getKey(world.store, expired.keyId), { state: 'revoked' }, 'not even the clock brings it back')
  const { items } = await listAuditEvents(world.store, { action: 'key.revoke-all' }, { limit: 9 })
  t.match(items, [{ after: { revoked: { length: 2 }, revoked_after_expiry: [expired.keyId] } }])
})

void t.test('keys of a person: admins list and revoke them, viewers list them, members see neither', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const keys = [ada, await world.key(ada.account), await world.key(ada.account)]
  const path = '/v1/accounts/ada%40example.com/keys'
  const ids = new Set(keys.map(({ keyId }) => keyId))
  const list = async (token: string) => (await world.ask('GET', path, token)).json<{ items: { id: string }[] }>()
  const revoke = (keyId: string, token: string) => world.ask('POST', `/v1/keys/${keyId}/revoke`, token)
  const [, second] = keys

  const mia = await world.person('mia@example.com', 'member')
  t.match(await list(mia.token), { code: 'account_not_found' })
  t.match((await revoke(ada.keyId, mia.token)).json(), { code: 'key_not_found' })
  t.match((await world.ask('POST', `${path}/revoke-all`, mia.token)).json(), { code: 'account_not_found' })

  const vera = await world.person('vera@example.com', 'viewer')
  t.same(new Set((await list(vera.token)).items.map(({ id }) => id)), ids)
  t.match((await revoke(ada.keyId, vera.token)).json(), { code: 'permission_denied' })
  t.match((await world.ask('POST', `${path}/revoke-all`, vera.token)).json(), { code: 'permission_denied' })

  const admin = await world.person('admin@example.com', 'admin')
  const shown = await list(admin.token)
  t.same(new Set(shown.items.map(({ id }) => id)), ids)
  for (const { token } of keys) t.notMatch(JSON.stringify(shown), token.slice(18), 'never a token')
  t.match((await revoke(second?.keyId ?? '', admin.token)).json(), { state: 'revoked' })
  t.match((await world.ask('POST', `${path}/revoke-all`, admin.token)).json(), { active: 2 })
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 401)
  t.equal((await world.ask('GET', '/v1/me', admin.token)).statusCode, 200)
})

void t.test('whoever holds a token can revoke it, and learns nothing about others', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const revoke = (token: string) => world.ask('POST', '/v1/keys/revoke', null, { token })
  t.equal((await revoke(`  ${ada.token}\n`)).statusCode, 204, 'as it was pasted')
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 401)
  t.equal((await revoke(ada.token)).statusCode, 204, 'again')

  const misspelt = ada.token.replace(ada.keyId, 'AAAAAAAAAAAA')
  t.match((await revoke(misspelt)).json(), { code: 'malformed_token' }, 'a misspelt one does not look revoked')
  t.equal((await revoke(mintToken().token)).statusCode, 204, 'one that no key has looks like any other')
})

void t.test('the id of a key is not enough to revoke it: its secret must be right', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const forged = forge(ada.keyId)
  t.equal((await world.ask('POST', '/v1/keys/revoke', null, { token: forged })).statusCode, 204)
  t.equal((await getKey(world.store, ada.keyId)).revokedAt, null)
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 200)
})

void t.test(
  'the key of a disabled account can be revoked by its token, before the account is enabled again',
  async t => {
    const world = await makeWorld(t)
    const ada = await world.person('ada@example.com', 'member')
    await disableAccount(world.store, ada.account.id)
    t.equal((await world.ask('POST', '/v1/keys/revoke', null, { token: ada.token })).statusCode, 204)
    t.not((await getKey(world.store, ada.keyId)).revokedAt, null)
  },
)

void t.test('keys are listed in pages, oldest first', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const expired = await world.key(ada.account, Date.now() - 1000)
  const third = await world.key(ada.account)
  const path = '/v1/accounts/ada%40example.com/keys?limit=2'
  const page = (await world.ask('GET', path, ada.token)).json<{
    items: { id: string; state: string }[]
    next_cursor: string
  }>()
  t.match(page.items, [
    { id: ada.keyId, state: 'active' },
    { id: expired.keyId, state: 'expired' },
  ])
  const rest = (await world.ask('GET', `${path}&cursor=${page.next_cursor}`, ada.token)).json<typeof page>()
  t.match(rest.items, [{ id: third.keyId }])
  t.equal(rest.next_cursor, null)
  t.match((await world.ask('GET', `${path}&cursor=x`, ada.token)).json(), { status: 400, code: 'bad_cursor' })
})

void t.test('a key tells who made it, and when, from where and for what it was last used', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  const path = '/v1/accounts/ada%40example.com/keys'
  const { key } = (await world.ask('POST', path, admin.token, {})).json<CreatedKey>()
  t.match(key, { created_by: 'admin@example.com', last_used: null, successor: null })
  const use = `insert into postern.key_uses (key_id, used_at, address, application, database)
    values ($1, '2026-05-04 03:02:01.5+00', '192.0.2.7', 'psql', 'shop')`
  await world.store.run('use', use, [key.id])
  const last_used = { at: '2026-05-04T03:02:01.500Z', address: '192.0.2.7', application: 'psql', database: 'shop' }
  t.match((await world.ask('GET', `/v1/keys/${key.id}`, ada.token)).json(), { last_used })
  t.match((await world.ask('GET', path, ada.token)).json(), { items: [{ last_used: null }, { last_used }] })
})

void t.test('keys are listed by their state', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const expired = await world.key(ada.account, Date.now() - 1000)
  const revoked = await world.key(ada.account)
  await world.ask('POST', `/v1/keys/${revoked.keyId}/revoke`, ada.token)
  const list = async (query: string) =>
    (await world.ask('GET', `/v1/accounts/ada%40example.com/keys?${query}`, ada.token))
      .json<{ items: { id: string }[] }>()
      .items.map(({ id }) => id)
  t.strictSame(await list('state=active&limit=1'), [ada.keyId])
  t.strictSame(await list('state=expired'), [expired.keyId])
  t.strictSame(await list('state=revoked'), [revoked.keyId])
  t.equal((await list('')).length, 3)
})

/** A token with this key id, a right checksum and a wrong secret. */
function forge(keyId: string): string {
  const text = `pstn_${keyId}_${'0'.repeat(43)}`
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place++, rest = Math.floor(rest / 62)) digits = ALPHABET.charAt(rest % 62) + digits
  return text + digits
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

// CRC-32 as in ISO 3309; node:zlib has it from Node 22 only.
function crc32(text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
