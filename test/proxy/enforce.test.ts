// Every state that a live session can be in when its key is revoked: it ends with 57P01 and the reason, at a message
// boundary, its backend leaves the database, and sessions of other keys go on.

import { readFileSync } from 'node:fs'
import pg from 'pg'
import t, { type Test } from 'tap'
import { deleteAccount, disableAccount, enableAccount } from '../../src/store/account-lifecycle.js'
import { revokeAllKeys } from '../../src/store/keys.js'
import { withTransaction } from '../../src/store/transaction.js'
import { frame, int32 } from '../../src/wire/frame.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { gateWorld } from '../support/gate.js'
import { holdTimers } from '../support/held-timers.js'
import { drive, makeWitness, metric, until, type Witness } from './observe.js'
import { fieldsOf, RawClient, type Heard } from './raw-client.js'

/** The proxy's promise is five minutes; this is what to expect when nothing fails, with room for a busy machine. */
const SOON_MS = 10_000

/** As many bytes as no buffer on the way takes, in messages that are longer than one read. */
const LARGE = "select repeat('x', 1000000) from generate_series(1, 200000)"

/** How long the relay gives a server that seems idle, before it cancels what may run there. */
const STRAGGLER_MS = 150

void t.test('a revocation ends what is under way', async t => {
  const world = await makeWorld(t)
  const gate = await gateWorld(t, world)
  const witness = await makeWitness(t, world)
  await witness.client.query('create table sink (line text)')
  const bystander = await world.account({ name: 'bystander' })
  const { client: other } = await drive(t, world.uri(bystander))
  const case_ = { world, witness }

  void t.test('while a query runs', async t => {
    const { raw, revoke } = await enter(t, case_)
    raw.query('select pg_sleep(60)')
    await revoke.whenBackend({ wait: 'PgSleep' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('while it is idle', async t => {
    const { raw, revoke } = await enter(t, case_)
    await revoke.whenBackend({ state: 'idle' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('an idle session is ended without a CancelRequest', async t => {
    // A busy machine may not let it leave in time to be spared one: here there is all the time.
    holdTimers(t, STRAGGLER_MS)
    const { raw, revoke } = await enter(t, case_)
    await raw.ask('select 1')
    const before = gate.cancels
    await revoke.whenBackend({ state: 'idle' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
    t.equal(gate.cancels, before)
  })

  void t.test('idle in a transaction, which is rolled back', async t => {
    const { raw, revoke } = await enter(t, case_, { role: 'writer' })
    await raw.ask("begin; insert into sink values ('never')")
    await revoke.whenBackend({ state: 'idle in transaction' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
    t.equal((await witness.client.query("select from sink where line = 'never'")).rowCount, 0)
  })

  for (const [name, sql, ssl] of [
    ['within a large result', LARGE, false],
    ['within a large result over TLS', LARGE, { ca: readFileSync(world.ca) }],
    ['during COPY out', `copy (${LARGE}) to stdout`, false],
  ] as const) {
    void t.test(`${name}, at the end of a message`, async t => {
      const robot = await world.account()
      // A driver is the judge: what comes within a message it takes for part of it.
      const { client } = await drive(t, world.uri(robot, { query: ssl ? '' : 'sslmode=disable' }), { ssl })
      const big = new pg.Query<unknown[]>(sql)
      const over = new Promise<Error>(resolve => big.on('error', resolve))
      big.on('row', () => {})
      client.query(big)
      const before = await metric(world, 'postern_relay_bytes_total', { direction: 'to_client' })
      await until(
        'much of it has come',
        async () => (await metric(world, 'postern_relay_bytes_total', { direction: 'to_client' })) > before + 20e6,
      )
      await world.revoke(robot)
      t.match(await over, { code: '57P01', message: 'session ended: the API key was revoked' })
      await until('the backend is gone', async () => (await witness.backends(robot.name)).length === 0, SOON_MS)
    })
  }

  void t.test('during COPY in, of which nothing stays', async t => {
    const { raw, revoke } = await enter(t, case_, { role: 'writer' })
    await raw.query('copy sink from stdin').upTo('G')
    raw.send(copyData('copied\n'), copyData('copied too\n'))
    await revoke.whenBackend({ wait: 'ClientRead' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
    t.equal((await witness.client.query("select from sink where line like 'copied%'")).rowCount, 0)
  })

  void t.test('within a message of the client, which our Terminate does not complete', async t => {
    const { raw, revoke } = await enter(t, case_, { role: 'writer' })
    await raw.query('copy sink from stdin').upTo('G')
    // CopyData of which the last five bytes are missing: as many as Terminate has.
    raw.send(copyData('half a line12345').subarray(0, -5))
    await until('the half message is on its way', () => gate.sent.some(bytes => bytes.includes('half a line')))
    await revoke.whenBackend({ wait: 'ClientRead' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
    const bytes = gate.sent.find(sent => sent.includes('half a line'))
    t.equal(bytes?.toString('latin1').split('half a line')[1], '', 'nothing was sent behind it')
  })

  void t.test('while it listens', async t => {
    const { raw, revoke } = await enter(t, case_)
    await raw.ask('listen news')
    await witness.client.query("notify news, 'hello'")
    t.equal((await raw.message()).type, 'A')
    await revoke.whenBackend({ state: 'idle' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('with queries in the pipeline', async t => {
    const { raw, revoke } = await enter(t, case_)
    raw.query('select 1').query('select pg_sleep(60)').query('select 3')
    t.equal((await raw.upTo('Z')).at(-1)?.type, 'Z')
    await revoke.whenBackend({ wait: 'PgSleep' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('with extended queries in the pipeline, and no Sync yet', async t => {
    const { raw, revoke } = await enter(t, case_)
    raw.send(...extended('select 1'), ...extended('select pg_sleep(60)'))
    await revoke.whenBackend({ wait: 'PgSleep' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('with a portal that is suspended', async t => {
    const { raw, revoke } = await enter(t, case_)
    raw.send(...extended('select generate_series(1, 3)', 1))
    t.equal((await raw.upTo('s')).filter(({ type }) => type === 'D').length, 1)
    await revoke.whenBackend({ wait: 'ClientRead' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('in a transaction that has failed', async t => {
    const { raw, revoke } = await enter(t, case_)
    await raw.ask('begin; select 1 / 0')
    await revoke.whenBackend({ state: 'idle in transaction (aborted)' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('over TLS', async t => {
    const { raw, revoke } = await enter(t, case_, { ca: readFileSync(world.ca) })
    raw.query('select pg_sleep(60)')
    await revoke.whenBackend({ wait: 'PgSleep' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  for (const ca of [undefined, readFileSync(world.ca)]) {
    void t.test(`of a client that does not read${ca ? ', over TLS' : ''}`, async t => {
      const { raw, robot, revoke } = await enter(t, case_, { ca })
      raw.query("select repeat('x', 100000) from generate_series(1, 200000)")
      await raw.bytes(1000)
      raw.socket.pause()
      await revoke.whenBackend({ wait: 'ClientWrite' })
      await revoke.isGone()
      await until('the session is over', () => isClosed(world, robot))
      raw.close()
    })
  }

  void t.test('of a client that has closed its side and waits for its answer', async t => {
    const { raw, revoke } = await enter(t, case_)
    raw.query('select pg_sleep(60)').socket.end()
    await revoke.whenBackend({ wait: 'PgSleep' })
    endsRevoked(t, await raw.toEnd())
    await revoke.isGone()
  })

  void t.test('of a client that has closed its side and does not read', async t => {
    const { raw, robot, revoke } = await enter(t, case_)
    raw.query("select repeat('x', 100000) from generate_series(1, 200000)")
    await raw.bytes(1000)
    raw.socket.pause().end()
    await revoke.whenBackend({ wait: 'ClientWrite' })
    await revoke.isGone()
    await until('the session is over', () => isClosed(world, robot))
    raw.close()
  })

  void t.test('of a client that sends and sends', async t => {
    const { raw, revoke } = await enter(t, case_, { role: 'writer' })
    const locker = await drive(t, world.direct)
    await locker.client.query('begin; lock table sink')
    raw.query('copy sink from stdin')
    const flood = copyData('x'.repeat(60_000) + '\n')
    let isOver = false
    const pump = () => {
      while (!isOver && raw.socket.writable && raw.socket.write(flood));
      if (!isOver && raw.socket.writable) raw.socket.once('drain', pump)
    }
    pump()
    await revoke.whenBackend({ wait: 'relation' })
    endsRevoked(t, await raw.toEnd())
    isOver = true
    await revoke.isGone()
    await locker.client.query('rollback')
    raw.close()
  })

  void t.test('a driver learns of it as of any other error', async t => {
    const robot = await world.account()
    const { client, ended } = await drive(t, world.uri(robot))
    const running = client.query('select pg_sleep(60)')
    await Promise.all([
      t.rejects(running, { code: '57P01', message: 'session ended: the API key was revoked', severity: 'FATAL' }),
      world.revoke(robot),
    ])
    t.match(await ended, Error)
  })

  void t.test('the log and the metrics tell what ended it', async t => {
    const { raw, robot, revoke } = await enter(t, case_)
    // Sessions of the tests before may still be on their way out.
    await until('only these two are left', async () => (await metric(world, 'postern_sessions_active')) === 2)
    const before = await metric(world, 'postern_revocation_propagation_seconds_count')
    await revoke.whenBackend({ state: 'idle' })
    const [told] = await raw.toEnd()
    const reference = told && /Reference: (\S+)/.exec(fieldsOf(told.body)['D'] ?? '')?.[1]
    await until('the closing is logged', () =>
      world.log.some(line => line['msg'] === 'session closed' && line['key'] === robot.keyId),
    )
    const line = world.log.find(({ msg, key }) => msg === 'session closed' && key === robot.keyId)
    t.match(line, { session: reference, reason: 'session_revoked', account: robot.name })
    await until(
      'how long it took is measured',
      async () => (await metric(world, 'postern_revocation_propagation_seconds_count')) === before + 1,
    )
    t.not(await metric(world, 'postern_sessions_closed_total', { reason: 'session_revoked' }), 0)
  })

  void t.test('every session of the key, and none of another key of the account', async t => {
    const robot = await world.account()
    const second = await world.key(robot)
    const three = await Promise.all([1, 2, 3].map(() => drive(t, world.uri(robot))))
    const kept = await drive(t, world.uri(second))
    await world.revoke(robot)
    for (const error of await Promise.all(three.map(({ ended }) => ended))) t.match(error, { code: '57P01' })
    t.equal((await kept.client.query('select 1')).rowCount, 1)
    await t.rejects(drive(t, world.uri(robot)), { code: '28P01' })
  })

  void t.test('all keys of an account at once', async t => {
    const robot = await world.account()
    const second = await world.key(robot)
    const both = await Promise.all([robot, second].map(member => drive(t, world.uri(member))))
    await revokeAllKeys(world.store, robot.id)
    for (const { ended } of both) t.match(await ended, { code: '57P01', message: /revoked/ })
  })

  void t.test('a disabled account; enabled, its keys work again', async t => {
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    await disableAccount(world.store, robot.id)
    t.match(await ended, { code: '57P01', message: /disabled/ })
    await t.rejects(drive(t, world.uri(robot)), { code: '28P01' })
    await enableAccount(world.store, robot.id)
    await until('its key works again', () =>
      drive(t, world.uri(robot))
        .then(() => true)
        .catch(() => false),
    )
  })

  void t.test('a deleted account; a new one of its name is another one', async t => {
    const robot = await world.account({ name: 'phoenix' })
    const { ended } = await drive(t, world.uri(robot))
    await withTransaction(world.store, tx => deleteAccount(tx, robot.id))
    const risen = await world.account({ name: 'phoenix' })
    t.match(await ended, { code: '57P01', message: /deleted|revoked/ })
    await until('the new one is known', () =>
      drive(t, world.uri(risen))
        .then(() => true)
        .catch(() => false),
    )
    await t.rejects(drive(t, world.uri(robot)), { code: '28P01' })
  })

  void t.test('a key that expires', async t => {
    const expiresAt = Date.now() + 3_600_000
    const robot = await world.account({ expiresAt })
    const { client, ended } = await drive(t, world.uri(robot))
    const { revocations } = world.instance.knowledge
    let looks = 0
    revocations.storeNow = () => (looks++, expiresAt - 1)
    await until('its expiry has been looked at', () => looks > 1)
    t.equal((await client.query('select 1')).rowCount, 1, 'not before')
    revocations.storeNow = () => expiresAt
    t.match(await ended, { code: '57P01', message: /expired/ })
    await t.rejects(drive(t, world.uri(robot)), { code: '28P01' })
  })

  void t.test('the bystander never noticed', async t => {
    t.equal((await other.query('select 1')).rowCount, 1)
  })
})

interface Case {
  readonly world: World
  readonly witness: Witness
}

interface Entered {
  readonly raw: RawClient
  readonly robot: Member
  readonly revoke: {
    /** Waits for the session's backend to be like this, and revokes the key then. */
    whenBackend(like: { readonly state?: string; readonly wait?: string }): Promise<void>
    /** Waits for the backend to leave. */
    isGone(): Promise<void>
  }
}

/** Enters with an account of its own. */
async function enter(
  t: Test,
  { world, witness }: Case,
  { role = 'reader', ca }: { role?: 'reader' | 'writer'; ca?: Buffer | undefined } = {},
): Promise<Entered> {
  const robot = await world.account({ role })
  const raw = ca ? await RawClient.connectTls(world.port(), ca) : await RawClient.connect(world.port())
  t.teardown(() => raw.close())
  await raw.logIn(robot)
  let revokedAt = 0
  return {
    raw,
    robot,
    revoke: {
      async whenBackend(like) {
        await until(`the backend is like ${JSON.stringify(like)}`, async () =>
          (await witness.backends(robot.name)).some(
            backend => (!like.state || backend.state === like.state) && (!like.wait || backend.wait === like.wait),
          ),
        )
        await world.revoke(robot)
        revokedAt = performance.now()
        raw.socket.once('end', () => t.ok(performance.now() - revokedAt < SOON_MS, 'in time'))
      },
      async isGone() {
        await until('the backend is gone', async () => (await witness.backends(robot.name)).length === 0, SOON_MS)
      },
    },
  }
}

/** What came last is the FATAL of a revoked key, whole. */
function endsRevoked(t: Test, heard: readonly Heard[]): void {
  const last = heard.at(-1)
  t.equal(last?.type, 'E')
  t.match(last && fieldsOf(last.body), { S: 'FATAL', C: '57P01', M: 'session ended: the API key was revoked' })
}

function copyData(text: string): Buffer {
  return frame('d', Buffer.from(text))
}

function isClosed(world: World, { keyId }: Member): boolean {
  return world.log.some(({ msg, key }) => msg === 'session closed' && key === keyId)
}

/** Parse, Bind, Execute, of the extended query protocol, without Sync.
 * @param rows how many are asked for; 0 for all */
function extended(sql: string, rows = 0): Buffer[] {
  return [
    frame('P', Buffer.from(`\0${sql}\0\0\0`)),
    frame('B', Buffer.alloc(8)),
    frame('E', Buffer.of(0), int32(rows)),
    frame('H'),
  ]
}
