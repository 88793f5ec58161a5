// Removing a database: the API reports who loses access, before and afterwards, and every account that is left can be
// listed, disabled and deleted.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { getDatabaseByName } from '../../src/store/databases.js'
import { reportInstance } from '../../src/store/instances.js'
import { reportSessions } from '../../src/store/live-sessions.js'
import { sampleDatabase } from '../store/sample.js'
import { grant, group, groupsAccount, serviceAccount, worlds, type Person, type World } from './fixture.js'

const makeWorld = await worlds(t)

/** Three databases without a server behind them, and ada, who is a writer on shop and crm. */
async function organization(world: World): Promise<{ admin: Person; ada: Person }> {
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  for (const name of ['shop', 'crm', 'stock']) await sampleDatabase(world.store, name)
  for (const name of ['shop', 'crm']) await grant(world, admin, ada, name, 'writer')
  return { admin, ada }
}

async function remove(world: World, admin: Person, name: string): Promise<object> {
  const response = await world.ask('DELETE', `/v1/databases/${name}`, admin.token)
  if (response.statusCode !== 200) throw new Error(response.payload)
  return response.json<object>()
}

void t.test('a pinned account whose last database was removed', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const robot = await serviceAccount(world, ada, { name: 'robot', databases: ['shop', 'crm'] })
  await remove(world, admin, 'shop')
  await remove(world, admin, 'crm')
  const nothing = { name: 'robot', scope: { type: 'pinned', role: 'reader', databases: [] } }

  await t.test('is shown as reaching nothing, alone and in lists', async t => {
    for (const { token } of [admin, ada]) {
      t.match((await world.ask('GET', '/v1/service-accounts', token)).json(), { items: [nothing] })
      t.match((await world.ask('GET', '/v1/service-accounts/robot', token)).json(), nothing)
    }
    t.match((await world.ask('GET', '/v1/me', robot.token)).json(), { account: { name: 'robot' }, reach: [] })
    t.match((await world.ask('GET', '/v1/accounts/robot/keys', ada.token)).json(), { items: [{ id: robot.keyId }] })
  })

  await t.test('is explained, whatever database is asked about and whatever else is wrong with it', async t => {
    const explain = async () => {
      const [shop, stock] = [{ database: 'shop' }, { database: 'stock' }]
      for (const { database } of [shop, stock]) {
        const url = `/v1/explain?account=robot&database=${database}`
        const explanation = (await world.ask('GET', url, admin.token)).json<object>()
        t.match(explanation, { allowed: false, reason: 'databases_removed', detail: /its databases were removed/ })
      }
    }
    await explain()
    await world.ask('POST', '/v1/accounts/robot/keys/revoke-all', ada.token)
    await explain()
    for (const database of ['shop', 'stock']) {
      const connect = await world.ask('GET', `/v1/databases/${database}/connect?account=robot`, admin.token)
      t.match(connect.json(), {
        status: 409,
        code: 'no_access',
        detail: 'robot reaches no database: its databases were removed.',
        hint: /cannot be edited/,
      })
    }
  })

  await t.test('can be disabled, enabled and deleted, and not edited', async t => {
    for (const [verb, state] of [
      ['disable', 'disabled'],
      ['enable', 'active'],
    ]) {
      const changed = await world.ask('POST', `/v1/service-accounts/robot/${verb}`, ada.token)
      t.match(changed.json(), { ...nothing, state })
    }
    const edit = await world.ask('PATCH', '/v1/service-accounts/robot', ada.token, { description: 'x' })
    t.match(edit.json(), { code: 'scope_immutable' })
    t.equal((await world.ask('DELETE', '/v1/service-accounts/robot', ada.token)).statusCode, 204)
  })
})

void t.test(
  'what a removal takes away is reported before and as it happened, and kept in the audit log',
  { timeout: 120_000 },
  async t => {
    const world = await makeWorld(t)
    const { admin, ada } = await organization(world)
    await serviceAccount(world, ada, { name: 'two', databases: ['shop', 'crm'] })
    for (const name of ['one', 'off']) await serviceAccount(world, ada, { name })
    await serviceAccount(world, ada, { name: 'elsewhere', databases: ['crm'] })
    await serviceAccount(world, ada, { name: 'gone' })
    await world.ask('POST', '/v1/service-accounts/off/disable', ada.token)
    await world.ask('DELETE', '/v1/service-accounts/gone', ada.token)
    await group(world, admin, { name: 'staff' }, { shop: 'reader' })
    await groupsAccount(world, admin, 'nightly', ['staff'])
    await twoSessionsOn(world, 'shop', ada)

    const expected = {
      left_without_database: { total: 2, accounts: ['off', 'one'] },
      losing_access: { total: 3, accounts: ['ada@example.com', 'nightly', 'two'] },
      live_sessions: 2,
    }
    const impact = await world.ask('GET', '/v1/databases/shop/removal', admin.token)
    t.strictSame(impact.json(), expected)
    const late = await serviceAccount(world, ada, { name: 'late' })
    const happened = {
      ...expected,
      left_without_database: { total: 3, accounts: ['late', 'off', 'one'] },
    }
    t.strictSame(await remove(world, admin, 'shop'), happened, 'the answer has who came after the question')
    t.match((await world.ask('GET', '/v1/me', late.token)).json(), { reach: [] })
    const { items } = (await world.ask('GET', '/v1/audit-events?action=database.remove', admin.token)).json<Events>()
    t.match(items, [{ target: 'shop', outcome: 'done', before: { name: 'shop', removal: happened } }])
    t.match((await world.ask('GET', '/v1/databases/stock/removal', admin.token)).json(), {
      left_without_database: { total: 0, accounts: [] },
      losing_access: { total: 0, accounts: [] },
      live_sessions: 0,
    })
  },
)

void t.test('of many accounts the first hundred are named, and all are counted', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const { admin } = await organization(world)
  await world.store.run(
    'make accounts',
    `with made as (
       insert into postern.accounts (name, kind, scope, pinned_role, maker_id, scram_salt, scram_iterations)
       select 'a' || to_char(n, 'FM000'), 'service', 'pinned', 'reader', $1, '0123456789abcdef', 4096
       from generate_series(1, 101) n returning id)
     insert into postern.pinned_databases (account_id, database_id)
     select made.id, d.id from made, postern.databases d where d.name = 'stock'`,
    [admin.account.id],
  )
  const impact = (await world.ask('GET', '/v1/databases/stock/removal', admin.token)).json<Impact>()
  t.equal(impact.left_without_database.total, 101)
  t.equal(impact.left_without_database.accounts.length, 100)
  t.strictSame(impact.left_without_database.accounts.slice(0, 2), ['a001', 'a002'])
})

interface Events {
  readonly items: object[]
}

interface Impact {
  readonly left_without_database: { readonly total: number; readonly accounts: readonly string[] }
}

/** Two sessions on an instance that reports, and one on an instance that has not been heard of for a day. */
async function twoSessionsOn(world: World, database: string, { account, keyId }: Person): Promise<void> {
  const { id: databaseId } = await getDatabaseByName(world.store, database)
  const whose = { accountId: account.id, account: account.name, keyId, databaseId, database, role: 'reader' } as const
  const about = { login: 'l', address: 'a', application: null, ageMs: 0, state: 'idle' } as const
  const report = { host: 'one', version: '1', runsProxy: true, upMs: 0, listSeq: 0, listAgeMs: 0, isPushUp: true }
  const bytes = { bytesFromClient: 0, bytesFromUpstream: 0 }
  for (const [ids, isSilent] of [
    [['AAAAA-22222', 'BBBBB-22222'], false],
    [['CCCCC-22222'], true],
  ] as const) {
    const instance = randomUUID()
    await reportInstance(world.store, { id: instance, ...report })
    const changed = ids.map(id => ({ id, ...whose, ...about, ...bytes }))
    await reportSessions(world.store, instance, { changed, gone: [] })
    const sql = "update postern.instances set seen_at = now() - interval '1 day' where id = $1"
    if (isSilent) await world.store.run('fall silent', sql, [instance])
  }
}
