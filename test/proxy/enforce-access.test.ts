// What is taken away from an account ends the sessions that depended on it, those that are still logging in too. What is
// given holds from the next login, and ends nothing.

import t, { type Test } from 'tap'
import { createPersonalAccount, disableAccount, enableAccount } from '../../src/store/account-lifecycle.js'
import { removeDatabase, replaceLogins } from '../../src/store/databases.js'
import { removeGrant, setGrant } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import type { Role } from '../../src/auth/account.js'
import { gateWorld } from '../support/gate.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, makeWitness, seen, stands, until, whoIs } from './observe.js'
import { RawClient, Told } from './raw-client.js'

const ACCESS_CHANGED = { code: '57P01', message: 'session ended: access to the database changed' }

void t.test('access', async t => {
  const world = await makeWorld(t)
  const gate = await gateWorld(t, world)
  const witness = await makeWitness(t, world)
  const grant = (role: Role, accountId = world.admin.id) =>
    setGrant(world.store, { accountId, databaseId: world.database.id, role })

  void t.test('a pinned role above what its maker still has ends its sessions, and only those', async t => {
    const [reader, writer] = await Promise.all([world.account(), world.account({ role: 'writer' })])
    const [reading, writing] = [await drive(t, world.uri(reader)), await drive(t, world.uri(writer))]
    await grant('reader')
    t.match(await writing.ended, ACCESS_CHANGED)
    await stands(t, reading)

    const capped = await drive(t, world.uri(writer))
    t.match(await whoIs(capped), /_reader$/, 'it gets in as what its maker is now')
    await grant('admin')
    await seen(world)
    await stands(t, capped)
    t.match(await whoIs(capped), /_reader$/, 'and stays it')
    t.match(await whoIs(await drive(t, world.uri(writer))), /_writer$/, 'until its next login')
  })

  void t.test('a maker who lost the database takes it from the accounts made', async t => {
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    await removeGrant(world.store, world.admin.id, world.database.id)
    t.match(await ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(robot)), { code: '42501' })
    await grant('admin')
    await until('it gets in again', () => getsIn(t, world, robot))
  })

  void t.test('a maker who is disabled takes all with them', async t => {
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    // Not the last one, who could not be disabled.
    await createPersonalAccount(world.store, { email: 'eve@example.com', orgRole: 'admin', passwordHash: null })
    await disableAccount(world.store, world.admin.id)
    t.match(await ended, ACCESS_CHANGED)
    await enableAccount(world.store, world.admin.id)
    await until('it gets in again', () => getsIn(t, world, robot))
  })

  void t.test("a person's grant that is lowered, or removed, ends sessions; one that is raised does not", async t => {
    const person = await createPersonalAccount(world.store, {
      email: 'ada@example.com',
      orgRole: 'member',
      passwordHash: null,
    })
    await grant('writer', person.id)
    const ada = await world.key(person)
    const writing = await drive(t, world.uri(ada))
    await grant('admin', person.id)
    await seen(world)
    await stands(t, writing)
    await grant('reader', person.id)
    t.match(await writing.ended, ACCESS_CHANGED)
    const reading = await drive(t, world.uri(ada))
    await removeGrant(world.store, person.id, world.database.id)
    t.match(await reading.ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(ada)), { code: '42501' })
  })

  void t.test('a key revoked while its login waits for the database is told so at once', async t => {
    const robot = await world.account()
    const { raw, outcome } = await atTheGate(t, world, gate, robot)
    await world.revoke(robot)
    t.match(await outcome, { fields: { C: '57P01', M: /revoked/ } })
    t.same(await raw.rest(), Buffer.alloc(0), 'and nothing else')
    gate.release()
    await until('no connection to the database is left', () => gate.open === 0)
    t.same(await witness.backends(robot.name), [])
  })

  void t.test('an account disabled while its login waits for the database', async t => {
    const robot = await world.account()
    const { outcome } = await atTheGate(t, world, gate, robot)
    await disableAccount(world.store, robot.id)
    t.match(await outcome, { fields: { C: '57P01', M: /disabled/ } })
    gate.release()
  })

  void t.test('a role lowered while a login waits for the database', async t => {
    const robot = await world.account({ role: 'writer' })
    const { outcome } = await atTheGate(t, world, gate, robot)
    await grant('reader')
    t.match(await outcome, { fields: { C: '57P01', M: /access to the database changed/ } })
    gate.release()
    await grant('admin')
  })

  void t.test('a role raised while a login waits for the database lets it in as what it was', async t => {
    await grant('reader')
    const robot = await world.account({ role: 'reader' })
    const { raw, outcome } = await atTheGate(t, world, gate, robot)
    await grant('admin')
    await seen(world)
    gate.release()
    t.equal(await outcome, null)
    raw.close()
  })

  void t.test('a change that can not be looked up while a login waits for the database refuses it', async t => {
    const robot = await world.account()
    const { outcome } = await atTheGate(t, world, gate, robot)
    await withLockedAccounts(t, world, robot, async () => {
      gate.release()
      await until('its account is looked up, in vain', async () => (await failLookUps(world)).length > 0)
      t.match(await outcome, { fields: { C: '57P03' } })
    })
  })

  void t.test('a session whose change can not be looked up is decided later, and logged once', async t => {
    const robot = await world.account()
    const driver = await drive(t, world.uri(robot))
    const failures = () => world.log.filter(({ msg }) => msg === 'deciding a session again failed').length
    const before = failures()
    await withLockedAccounts(t, world, robot, async () => {
      const attempts = new Set<string>()
      await until('it has been tried three times', async () => {
        for (const at of await failLookUps(world)) attempts.add(at)
        return attempts.size >= 3
      })
    })
    t.equal(failures(), before + 1)
    await stands(t, driver)
    await disableAccount(world.store, robot.id)
    t.match(await driver.ended, { code: '57P01', message: /disabled/ })
  })

  void t.test('another user behind the same role ends the sessions of the old one', async t => {
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    const record = await world.instance.knowledge.databases.get(world.database.id)
    const logins = record.value?.logins
    if (!logins) throw new Error('no logins')
    const others = { ...logins, reader: { user: 'someone_else', password: 'secret' } }
    const { sealer } = world.instance.knowledge
    await withTransaction(world.store, tx => replaceLogins(tx, sealer, world.database.id, others))
    t.match(await ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(robot)), { code: '08006' }, 'and the new one is used at once')
    await withTransaction(world.store, tx => replaceLogins(tx, sealer, world.database.id, logins))
    await until('it gets in again', () => getsIn(t, world, robot))
  })

  void t.test('a database that is removed ends all its sessions', async t => {
    const robot = await world.account()
    const both = [await drive(t, world.uri(robot)), await drive(t, world.uri(await world.key(world.admin)))]
    await removeDatabase(world.store, world.database.id)
    for (const { ended } of both) t.match(await ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(robot)), { code: '42501' })
  })
})

function getsIn(t: Test, world: World, robot: Member): Promise<boolean> {
  return drive(t, world.uri(robot)).then(
    () => true,
    () => false,
  )
}

/** Begins a login and comes as far as the held gate. `outcome`: what refused it, or null. */
async function atTheGate(t: Test, world: World, gate: Awaited<ReturnType<typeof gateWorld>>, robot: Member) {
  await until('earlier sessions are gone', () => gate.open === 0)
  gate.hold()
  t.teardown(() => gate.release())
  const raw = await RawClient.connect(world.port())
  t.teardown(() => raw.close())
  const outcome = raw.logIn(robot).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Told) return error
      throw error
    },
  )
  outcome.catch(() => {})
  await until('the login waits at the gate', () => gate.open === 1)
  return { raw, outcome }
}

/** Keeps accounts from being read, and makes a change of this one that the proxy hears of. */
async function withLockedAccounts(t: Test, world: World, robot: Member, work: () => Promise<void>): Promise<void> {
  const { client } = await drive(t, world.server.url(await storeName(world)))
  await client.query('begin; lock table postern.accounts in access exclusive mode')
  await world.store.run(
    'tell of a change',
    "insert into postern.changes (kind, account_id, account_name) values ('account-changed', $1, $2)",
    [robot.id, robot.name],
  )
  await seen(world)
  await work()
  await client.query('rollback')
}

/** Makes every statement fail that now waits for the accounts, and answers when each of them began. */
async function failLookUps(world: World): Promise<string[]> {
  const rows = await world.store.run<{ at: string }>(
    'cancel',
    `select query_start::text as at, pg_cancel_backend(pid) from pg_stat_activity
     where datname = current_database() and wait_event = 'relation'`,
    [],
  )
  return rows.map(({ at }) => at)
}

async function storeName(world: World): Promise<string> {
  const [row] = await world.store.run<{ name: string }>('name the store', 'select current_database() as name')
  return row?.name ?? ''
}
