// What the store may hold and no request may send: every response has room for it.

import t from 'tap'
import { toTime } from '../../src/api/schema-types.js'
import { sampleDatabase } from '../store/sample.js'
import { group, groupsAccount, worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test('an account that joined more groups than one request may name is listed', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await group(world, admin, { name: 'staff' })
  await groupsAccount(world, admin, 'nightly', ['staff'])
  await world.store.run(
    'join groups',
    `with made as (insert into postern.groups (name) select 'g' || n from generate_series(1, 100) n returning id)
     insert into postern.group_members (group_id, account_id)
     select made.id, a.id from made, postern.accounts a where a.name = 'nightly'`,
  )
  const { items } = (await world.ask('GET', '/v1/service-accounts', admin.token)).json<{ items: Account[] }>()
  t.equal(items[0]?.scope.groups.length, 101)
  const edit = await world.ask('PATCH', '/v1/service-accounts/nightly', admin.token, { description: 'Reports' })
  t.match(edit.json(), { description: 'Reports' })
})

void t.test('a database that lost its logins is listed, and can be removed', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  for (const name of ['bare', 'shop']) await sampleDatabase(world.store, name)
  await world.store.run(
    'lose logins',
    `delete from postern.logins l using postern.databases d
     where d.id = l.database_id and (d.name = 'bare' or l.role = 'admin')`,
  )
  t.match((await world.ask('GET', '/v1/databases', admin.token)).json(), {
    items: [
      { name: 'bare', upstream: { users: { reader: null, writer: null, admin: null } } },
      { name: 'shop', upstream: { users: { reader: 'r', writer: 'w', admin: null } } },
    ],
  })
  t.equal((await world.ask('DELETE', '/v1/databases/bare', admin.token)).statusCode, 200)
})

void t.test('a key that expires later than the format of times can express is shown', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const { keyId } = await world.key(admin.account)
  await world.store.run('move', "update postern.api_keys set expires_at = '290000-01-01' where id = $1", [keyId])
  const shown = (await world.ask('GET', `/v1/keys/${keyId}`, admin.token)).json<object>()
  t.match(shown, { state: 'active', expires_at: '9999-12-31T23:59:59.999Z' })
})

void t.test('a time becomes the nearest that the format can express', t => {
  t.equal(toTime(Date.parse('2026-05-04T12:00:00Z')), '2026-05-04T12:00:00.000Z')
  t.equal(toTime(Infinity), '9999-12-31T23:59:59.999Z')
  t.equal(toTime(-Infinity), '0000-01-01T00:00:00.000Z')
  t.end()
})

interface Account {
  readonly scope: { readonly groups: readonly string[] }
}
