// Races by name: something is taken away at the very moment that somebody is about to use it. What a test holds back is
// held by gates, so that each order of things is had and not hoped for.

import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { ScramClient } from '../../src/scram/client.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { deleteAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { saslInitialResponse, saslResponse } from '../../src/wire/frontend.js'
import { encodeCancelRequest } from '../../src/wire/startup.js'
import { gateWorld } from '../support/gate.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, makeWitness, seen, until } from './observe.js'
import { RawClient, Told, type Heard } from './raw-client.js'

const REVOKED = { fields: { C: '57P01', M: /the API key was revoked/ } }

void t.test('races', async t => {
  const world = await makeWorld(t)
  const gate = await gateWorld(t, world)
  const witness = await makeWitness(t, world)
  const connect = async (t: Test) => {
    const raw = await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    return raw
  }

  void t.test('revoke during SCRAM: a key that was good at the challenge is refused at the proof', async t => {
    const robot = await world.account()
    const raw = await connect(t)
    const scram = await challenged(raw, robot)
    await world.revoke(robot)
    await seen(world)
    raw.send(saslResponse(await scram.final()))
    t.match(told(await raw.toEnd()), { fields: { C: '28P01' } })
    t.equal(gate.open, 0, 'the database has not heard of it')
  })

  void t.test(
    'account re-created under the same name during SCRAM: the old exchange does not enter the new one',
    async t => {
      const robot = await world.account({ name: 'phoenix' })
      const raw = await connect(t)
      const scram = await challenged(raw, robot)
      await withTransaction(world.store, tx => deleteAccount(tx, robot.id))
      const reborn = await world.account({ name: 'phoenix' })
      await seen(world)
      raw.send(saslResponse(await scram.final()))
      t.match(told(await raw.toEnd()), { fields: { C: '28P01' } })
      await drive(t, world.uri(reborn))
    },
  )

  void t.test('revoke during upstream connect: the login is told so, and leaves nothing at the database', async t => {
    const robot = await world.account()
    gate.hold()
    const raw = await connect(t)
    const outcome = outcomeOf(raw.logIn(robot))
    await until('the login waits for the database', () => gate.open > 0)
    await world.revoke(robot)
    t.match(await outcome, REVOKED)
    gate.release()
    await until('its connection is gone', () => gate.open === 0)
  })

  void t.test('revoke between check and relay: the last look takes time, and what comes meanwhile counts', async t => {
    const robot = await world.account()
    gate.hold()
    const raw = await connect(t)
    const outcome = outcomeOf(raw.logIn(robot))
    await until('the login waits for the database', () => gate.open > 0)
    // Something else about the account changes, so that the last look has to ask the store.
    const lookUps = holdLookUps(t, world)
    const change = "update postern.api_keys set expires_at = now() + interval '1 hour' where id = $1"
    await world.store.run('change the account', change, [robot.keyId])
    await seen(world)
    gate.release()
    await until('the last look is under way', () => lookUps.answers > 0)
    await world.revoke(robot)
    await seen(world)
    lookUps.release()
    t.match(await outcome, REVOKED)
    await until('its connection is gone', () => gate.open === 0)
  })

  void t.test('revoke during cancel: the session ends, whoever is about to cancel what it runs', async t => {
    const robot = await world.account()
    const [raw, canceller] = [await connect(t), await connect(t)]
    const key = (await raw.logIn(robot)).find(({ type }) => type === 'K')?.body ?? Buffer.alloc(8)
    raw.query('select pg_sleep(600)')
    await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
    gate.hold()
    canceller.send(encodeCancelRequest({ processId: key.readInt32BE(0), secretKey: key.subarray(4) }))
    await until('the cancel is on its way', () => gate.open === 2)
    await world.revoke(robot)
    await seen(world)
    gate.release()
    t.match(told(await raw.toEnd()), REVOKED)
    await canceller.rest()
    await until('its backend is gone', async () => (await witness.backends(robot.name)).length === 0)
  })

  void t.test('revoke during drain: a transaction that may still go on does not, and is told why', async t => {
    const draining = await world.another({ env: { POSTERN_DRAIN_TIMEOUT: '5m' } })
    const robot = await world.account()
    const { client, ended } = await drive(t, world.uri(robot, { on: draining }))
    await client.query('begin')
    let isStopped = false
    void draining.stop().then(() => (isStopped = true))
    await until('it drains', async () =>
      (await (await fetch(`${draining.metrics}/readyz`)).text()).includes('draining'),
    )
    t.equal((await client.query('select 1')).rowCount, 1)
    await world.revoke(robot)
    t.match(await ended, { code: '57P01', message: /the API key was revoked/ })
    await until('it has stopped', () => isStopped)
  })

  void t.test('key revoked and cache filled by a read that began before: the read is not used', async t => {
    const robot = await world.account()
    const lookUps = holdLookUps(t, world)
    const raw = await connect(t)
    const outcome = outcomeOf(raw.logIn(robot))
    await until('the store has answered', () => lookUps.answers > 0)
    await world.revoke(robot)
    await seen(world)
    lookUps.release()
    t.match(await outcome, { fields: { C: '28P01' } })
    const { value } = await world.instance.knowledge.accounts.get(robot.name)
    t.match(value?.keys, [{ id: robot.keyId, revoked: true }])
  })
})

/** What refused a login, or null for one that was admitted. */
function outcomeOf(login: Promise<unknown>): Promise<unknown> {
  return login.then(
    () => null,
    (error: unknown) => error,
  )
}

/** Begins an exchange, up to the server's challenge. */
async function challenged(raw: RawClient, { name, token }: Member): Promise<{ final(): Promise<Buffer> }> {
  const clientNonce = randomBytes(18).toString('base64')
  const scram = new ScramClient({ clientNonce, password: token, channelBinding: null })
  const body = async () => (await raw.message()).body.subarray(4)
  raw.startup(name)
  const { mechanism, data } = scram.first((await body()).toString().split('\0').filter(Boolean))
  raw.send(saslInitialResponse(mechanism, data))
  const challenge = await body()
  return { final: () => scram.final(challenge) }
}

/** Keeps what the store answers when accounts are looked up, until it is released or the test ends. */
function holdLookUps(t: Test, { instance: { knowledge } }: World): { answers: number; release(): void } {
  const { accountRecords } = knowledge
  const held = { answers: 0, release: () => {} }
  const released = new Promise<void>(resolve => (held.release = resolve))
  t.teardown(() => held.release())
  t.intercept(accountRecords, 'loadAccount', {
    value: async (name: string) => {
      const answer = await AccountRecords.prototype.loadAccount.call(accountRecords, name)
      held.answers++
      await released
      return answer
    },
  })
  return held
}

function told(heard: Heard[]): Told | undefined {
  const last = heard.at(-1)
  return last && new Told(last)
}
