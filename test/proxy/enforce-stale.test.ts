// The five-minute promise when the store is away, or the push channel says nothing. The minutes are skipped, not waited for.

import pg from 'pg'
import t, { type Test } from 'tap'
import { testServer, type TestServer } from '../support/postgres.js'
import { makeWorld, type World } from '../support/world.js'
import { drive, makeWitness, metric, until } from './observe.js'
import { RawClient, Told } from './raw-client.js'

const OFTEN = { POSTERN_REVOCATION_REFRESH: '1s' }
const MAX_AGE_MS = 300_000

void t.test('the revocation list', async t => {
  const server = await testServer(t)

  void t.test('a list that can not be read ends sessions and refuses logins, until it can', async t => {
    const world = await makeWorld(t, { server, env: OFTEN })
    const witness = await makeWitness(t, world)
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    await raw.logIn(robot)
    raw.query('select pg_sleep(60)')
    const store = await makeOutage(t, world, server)

    await store.stop()
    await untilNotRead(world)
    world.skip(MAX_AGE_MS)
    const told = new Told((await raw.toEnd()).at(-1) ?? fail())
    t.match(told, { fields: { C: '57P01', M: /can not check for revoked keys/ } })
    await until('its backend is gone', async () => (await witness.backends(robot.name)).length === 0)
    await t.rejects(drive(t, world.uri(robot)), { code: '57P03', message: /can not check for revoked keys/ })
    const ready = await fetch(`${world.instance.metrics}/readyz`)
    t.equal(ready.status, 503)

    await store.start()
    await until('it recovers by itself', async () => {
      const again = await RawClient.connect(world.port())
      return again
        .logIn(robot)
        .then(
          () => true,
          () => false,
        )
        .finally(() => again.close())
    })
    await until('it is ready', async () => (await fetch(`${world.instance.metrics}/readyz`)).status === 200)
    raw.close()
  })

  void t.test(
    'keep-sessions keeps sessions, and a revocation made meanwhile ends them when the store is back',
    async t => {
      const world = await makeWorld(t, { server, env: { ...OFTEN, POSTERN_REVOCATION_WHEN_STALE: 'keep-sessions' } })
      const [robot, other] = [await world.account(), await world.account()]
      const [kept, doomed] = [await drive(t, world.uri(robot)), await drive(t, world.uri(other))]
      const store = await makeOutage(t, world, server)

      await store.stop()
      await untilNotRead(world)
      world.skip(MAX_AGE_MS)
      await t.rejects(drive(t, world.uri(robot)), { code: '57P03' })
      t.equal((await kept.client.query('select 1')).rowCount, 1)

      await store.start(`update postern.api_keys set revoked_at = now() where id = '${other.keyId}'`)
      t.match(await doomed.ended, { code: '57P01', message: /revoked/ })
      t.equal((await kept.client.query('select 1')).rowCount, 1, 'the other one stands')
    },
  )

  void t.test(
    'a session that can not be decided on ends as if the list were stale, though the list is young',
    async t => {
      const world = await makeWorld(t, { server, env: OFTEN })
      const robot = await world.account()
      const { ended } = await drive(t, world.uri(robot))
      const { revocations } = world.instance.knowledge
      await world.store.run('break the logins', "update postern.logins set sealed_password = 'broken'", [])
      await until('a decision has failed', () => world.log.some(({ msg }) => msg === 'deciding a session again failed'))
      world.skip(0.6 * MAX_AGE_MS)
      await until('the list is young', () => revocations.ageMs() < 0.1 * MAX_AGE_MS)
      world.skip(0.6 * MAX_AGE_MS)
      t.match(await ended, { code: '57P01', message: /can not check for revoked keys/ })
      t.notOk(revocations.isStale())
    },
  )

  void t.test('without push the poll finds a revocation', async t => {
    const world = await makeWorld(t, { server, env: OFTEN })
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    await world.store.run('silence', 'alter table postern.changes disable trigger announce_changes', [])
    await world.revoke(robot)
    t.match(await ended, { code: '57P01', message: /revoked/ })
    await until(
      'the time it took is measured',
      async () => (await metric(world, 'postern_revocation_propagation_seconds_count')) === 1,
    )
  })

  void t.test('a broken push channel is noticed, and a revocation made meanwhile found', async t => {
    const world = await makeWorld(t, {
      server,
      env: { POSTERN_REVOCATION_REFRESH: '120s' },
    })
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    // The connection that listens is killed in the transaction that revokes: its notification reaches nobody.
    await world.store.run(
      'kill the listener and revoke',
      `with killed as (
         select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query like 'listen %' and pid <> pg_backend_pid()
       )
       update postern.api_keys set revoked_at = now() from (select count(*) from killed) k where id = $1`,
      [robot.keyId],
    )
    t.match(await ended, { code: '57P01', message: /revoked/ })
  })
})

/** Waits until a read of the list has failed: none that began before can make it young again. */
async function untilNotRead(world: World): Promise<void> {
  const failed = () => world.log.filter(({ msg }) => msg === 'the revocation list could not be refreshed').length
  const before = failed()
  await until('the list can not be read', () => failed() > before)
}

interface Outage {
  stop(): Promise<void>
  /** Runs the SQL in the store before the proxy can read it again. */
  start(sql?: string): Promise<void>
}

/** Takes the store away: nobody may connect to its database, and who is connected is thrown out. */
async function makeOutage(t: Test, world: World, server: TestServer): Promise<Outage> {
  const [row] = await world.store.run<{ name: string }>('name the store', 'select current_database() as name')
  const name = pg.escapeIdentifier(row?.name ?? fail())
  const { client } = await drive(t, server.url('postgres'))
  const { client: inside } = await drive(t, server.url(row?.name ?? fail()))
  const { rows } = await inside.query<{ pid: number }>('select pg_backend_pid() as pid')
  return {
    async stop() {
      await client.query(`alter database ${name} allow_connections false`)
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> $2', [
        row?.name,
        rows[0]?.pid,
      ])
    },
    async start(sql) {
      if (sql) await inside.query(sql)
      await client.query(`alter database ${name} allow_connections true`)
    },
  }
}

function fail(): never {
  throw new Error('there is none')
}
