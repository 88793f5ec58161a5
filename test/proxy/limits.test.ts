// Limits: one address can not take the places of all the others, not even by saying nothing; nor can one account or one key.

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { makeWorld } from '../support/world.js'
import { Counters } from '../../src/proxy/limits.js'
import { gateWorld } from '../support/gate.js'
import { drive, metric, seen, until } from './observe.js'
import { RawClient } from './raw-client.js'

const [LIMIT, ROOM_FOR_REFUSALS] = [3, 20]

void t.test('connections from one address', async t => {
  const world = await makeWorld(t, { env: { POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: String(LIMIT) } })
  const robot = await world.account()
  const accepted = () => metric(world, 'postern_connections_accepted_total')
  const silent: RawClient[] = []
  t.teardown(() => silent.forEach(client => client.close()))
  const open = async (count: number) => {
    const before = await accepted()
    for (let i = 0; i < count; i++) silent.push(await RawClient.connect(world.port()))
    await until('they are accepted', async () => (await accepted()) === before + count)
  }

  await open(LIMIT)
  const refused = await RawClient.connect(world.port())
  await t.rejects(refused.logIn(robot), { code: '53300' }, 'over the limit: told so')
  refused.close()

  await open(ROOM_FOR_REFUSALS)
  const cut = await RawClient.connect(world.port())
  t.same(await cut.rest(), Buffer.alloc(0), 'far over the limit: cut without a word')

  const other = await RawClient.connect(world.port(), { localAddress: '127.0.0.2' })
  await other.logIn(robot)
  t.pass('another address gets in')
  other.close()

  silent.forEach(client => client.close())
  await until('the places are free again', async () => {
    const again = await RawClient.connect(world.port())
    return again
      .logIn(robot)
      .then(
        () => true,
        () => false,
      )
      .finally(() => again.close())
  })
})

void t.test('the addresses of one IPv6 network count as one client, however they are written', async t => {
  const listener = { host: '127.0.0.1', port: 0, tls: 'off', trusted_proxies: ['127.0.0.1'] }
  const env = {
    POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: String(LIMIT),
    POSTERN_LISTENERS: JSON.stringify([listener]),
  }
  const world = await makeWorld(t, { env })
  const robot = await world.account()
  const open = async (address: string) => {
    const client = await RawClient.connect(world.port())
    t.teardown(() => client.close())
    return client.send(Buffer.from(`PROXY TCP6 ${address} 2001:db8::53 54321 6432\r\n`))
  }
  for (const last of ['1', '2', '3']) await (await open(`2001:db8:0:7::${last}`)).logIn(robot)
  const refused = { code: '53300', message: 'too many connections from this address' }
  await t.rejects((await open('2001:DB8:0:7:ffff::4')).logIn(robot), refused)
  await (await open('2001:db8:0:8::1')).logIn(robot)
  for (const mapped of ['::ffff:192.0.2.7', '::FFFF:c000:207', '0:0:0:0:0:ffff:192.0.2.7']) {
    await (await open(mapped)).logIn(robot)
  }
  await t.rejects((await open('::ffff:192.0.2.7')).logIn(robot), refused)
  await (await open('::ffff:192.0.2.8')).logIn(robot)
})

void t.test('sessions of one key, and of one account', async t => {
  const env = { POSTERN_LIMITS_SESSIONS_PER_KEY: '2', POSTERN_LIMITS_SESSIONS_PER_ACCOUNT: '3' }
  const world = await makeWorld(t, { env })
  const gate = await gateWorld(t, world)
  const robot = await world.account()
  const other = await world.key(robot)
  const clients: RawClient[] = []
  t.teardown(() => clients.forEach(client => client.close()))
  const logIn = async (member: typeof robot) => {
    const client = await RawClient.connect(world.port())
    clients.push(client)
    await client.logIn(member)
    return client
  }

  await t.test('logins of the same moment do not all find the last place free', async t => {
    gate.hold()
    const logins = Array.from({ length: 5 }, () => logIn(robot))
    const settled = Promise.allSettled(logins)
    const refusals = () => metric(world, 'postern_logins_total', { reason: 'too_many_sessions_of_key' })
    await until(
      'those beyond the limit are refused, while the others are on their way',
      async () => (await refusals()) === 3,
    )
    gate.release()
    t.equal((await settled).filter(({ status }) => status === 'fulfilled').length, 2)
  })

  await t.test('the text says which limit it is', async t => {
    await t.rejects(logIn(robot), { code: '53300', message: 'too many sessions of this API key' })
    await logIn(other)
    await t.rejects(logIn(other), { code: '53300', message: 'too many sessions of this account' })
    await logIn(await world.account())
  })

  await t.test('a place is free again when its session is over', async t => {
    clients.forEach(client => client.close())
    await until('all are over', async () => (await metric(world, 'postern_sessions_active')) === 0)
    await Promise.all([logIn(robot), logIn(other)])
    t.equal(await metric(world, 'postern_logins_total', { reason: 'too_many_sessions_of_account' }), 1)
  })
})

void t.test('bad tokens from one network', async t => {
  const env = { POSTERN_FAILED_LOGINS_PER_NETWORK: '3', POSTERN_FAILED_LOGINS_WINDOW: '10m' }
  const world = await makeWorld(t, { env })
  const robot = await world.account()
  const blocked = { code: '28000', message: /^too many failed logins, retry after \d+ seconds$/ }
  const wrong = { code: '28P01' }
  const bad = () => ({ name: robot.name, token: mintToken().token })
  const withToken = (member: typeof robot | ReturnType<typeof bad>) =>
    drive(t, world.uri(member, { listener: 'password' }))
  const withProof = async (member: typeof robot | ReturnType<typeof bad>, localAddress = '127.0.0.1') => {
    const client = await RawClient.connect(world.port(), { localAddress })
    t.teardown(() => client.close())
    await client.logIn(member)
  }

  await t.test('a tool that tries one again and again locks nobody out', async t => {
    const stale = bad()
    for (let n = 0; n < 6; n++) await t.rejects(withToken(stale), wrong)
    for (let n = 0; n < 6; n++) await t.rejects(withProof(stale), wrong)
    await withToken(robot)
    t.equal(await metric(world, 'postern_login_blocks'), 0)
  })

  await t.test('too many of them block it, for right tokens too, and no other network', async t => {
    await t.rejects(withToken(bad()), wrong)
    await t.rejects(withToken(robot), blocked)
    await t.rejects(withProof(robot), blocked)
    await withProof(robot, '127.0.0.2')
    t.equal(await metric(world, 'postern_login_blocks'), 1)
    t.equal(await metric(world, 'postern_logins_total', { reason: 'too_many_failed_logins' }), 2)
    t.match(
      world.log.find(({ msg }) => /has shown too many bad tokens/.test(String(msg))),
      { network: '127.0.0.1/32', bad_tokens: 3, seconds: 600 },
    )
  })

  await t.test(
    'names that are tried by proofs are told apart, and a proved key that is stopped is no guess',
    async t => {
      const stopped = await world.account()
      await world.revoke(stopped)
      await seen(world)
      for (let n = 0; n < 4; n++) await t.rejects(withProof(stopped, '127.0.0.3'), wrong)
      for (const name of ['ada', 'bob', 'eve']) await t.rejects(withProof({ ...bad(), name }, '127.0.0.3'), wrong)
      await t.rejects(withProof(robot, '127.0.0.3'), blocked)
    },
  )

  await t.test('the wait is over when it said', async t => {
    world.skip(600_000)
    await until('the list of revocations is young again', async () => {
      return (await metric(world, 'postern_revocation_list_age_seconds')) < 100
    })
    await withProof(robot)
    t.equal(await metric(world, 'postern_login_blocks'), 0)
  })
})

void t.test('each limit has a refusal of its own, and what is given back is free', async t => {
  const limits = {
    connections: 3,
    connectionsPerAddress: 2,
    loginsInFlight: 1,
    sessionsPerAccount: 2,
    sessionsPerKey: 1,
  }
  const counters = new Counters(limits)
  const [leave] = [counters.enter('192.0.2.1'), counters.enter('192.0.2.1'), counters.enter('192.0.2.1')]
  t.throws(() => counters.beginLogin('192.0.2.1'), { code: 'too_many_connections_of_address' })
  const endLogin = counters.beginLogin('192.0.2.2')
  t.throws(() => counters.beginLogin('192.0.2.2'), { code: 'too_many_logins' })
  counters.enter('192.0.2.2')
  t.throws(() => counters.beginLogin('192.0.2.2'), { code: 'too_many_connections' })
  leave()
  endLogin()
  endLogin()
  counters.beginLogin('192.0.2.1')()

  const session = (accountId: string, keyId: string) => counters.openSession({ accountId, keyId })
  const end = session('robot', 'k1')
  t.throws(() => session('robot', 'k1'), { code: 'too_many_sessions_of_key' })
  session('robot', 'k2')
  t.throws(() => session('robot', 'k3'), { code: 'too_many_sessions_of_account' })
  end()
  session('robot', 'k3')
  t.throws(() => session('robot', 'k1'), { code: 'too_many_sessions_of_account' })
})
