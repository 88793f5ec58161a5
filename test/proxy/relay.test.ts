import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { frame } from '../../src/wire/frame.js'
import { terminate } from '../../src/wire/frontend.js'
import { gateWorld } from '../support/gate.js'
import { makeWorld, type Member } from '../support/world.js'
import { drive, makeWitness, metric, until } from './observe.js'
import { RawClient, Told } from './raw-client.js'

const MIB = 1024 * 1024

// A reset may come behind an end, for Node sends both.
const HOW_IT_WAS_LOST = /^upstream_(lost|closed)$/

void t.test('the relay', async t => {
  const world = await makeWorld(t)
  const gate = await gateWorld(t, world)
  const witness = await makeWitness(t, world)
  await witness.client.query('create table bytes (content bytea)')
  await witness.client.query('create table lines (line text)')
  const ca = readFileSync(world.ca)

  /** Enters over TLS or not; the account goes by its own name in the database. */
  const enter = async (t: Test, robot: Member, { tls = false } = {}) => {
    const raw = tls ? await RawClient.connectTls(world.port(), ca) : await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    await raw.logIn(robot)
    return raw
  }
  const isGone = (robot: Member) =>
    until('the backend is gone', async () => (await witness.backends(robot.name)).length === 0)

  for (const tls of [false, true]) {
    void t.test(`random bytes come out as they went in, both ways${tls ? ', over TLS' : ''}`, async t => {
      await witness.client.query('truncate bytes')
      const raw = await enter(t, await world.account({ role: 'writer' }), { tls })
      const hash = createHash('md5')
      await raw.query('copy bytes from stdin').upTo('G')
      for (let n = 0; n < 40; n++) {
        const content = randomBytes(1 + n * 5_003)
        hash.update(content)
        const line = frame('d', Buffer.from(`\\\\x${content.toString('hex')}\n`))
        // Cut anywhere: packets of the network know nothing of messages.
        const cut = 1 + ((n * 7919) % (line.length - 1))
        raw.send(line.subarray(0, cut)).send(line.subarray(cut))
      }
      await raw.send(frame('c')).upTo('Z')
      const sent = hash.digest('hex')
      const { rows } = await witness.client.query<{ hash: string }>(
        `select md5(string_agg(content, '' order by length(content))) as hash from bytes`,
      )
      t.equal(rows[0]?.hash, sent)

      const back = createHash('md5')
      const heard = await raw.ask("copy (select encode(content, 'hex') from bytes order by length(content)) to stdout")
      for (const { type, body } of heard) if (type === 'd') back.update(Buffer.from(body.toString('latin1'), 'hex'))
      t.equal(back.digest('hex'), sent)
    })
  }

  void t.test('counts the bytes it relays', async t => {
    const count = async () => ({
      up: await metric(world, 'postern_relay_bytes_total', { direction: 'to_upstream' }),
      down: await metric(world, 'postern_relay_bytes_total', { direction: 'to_client' }),
    })
    const robot = await world.account()
    const raw = await enter(t, robot)
    const before = await count()
    const heard = await raw.ask("select repeat('x', 300000)")
    const question = frame('Q', Buffer.from("select repeat('x', 300000)\0")).length
    const answer = heard.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const after = await count()
    t.same({ up: after.up - before.up, down: after.down - before.down }, { up: question, down: answer })
    raw.send(terminate())
    await raw.rest()
    raw.close()
    const line = await closing(robot)
    t.match(line, { bytes_from_client: question + terminate().length, bytes_from_upstream: answer })
  })

  const closing = async (robot: Member) => {
    const find = () => world.log.find(({ msg, key }) => msg === 'session closed' && key === robot.keyId)
    await until('the closing is logged', () => find() !== undefined)
    return find()
  }

  void t.test('a client that reads slowly slows the database down, and takes no memory', async t => {
    const robot = await world.account()
    const raw = await enter(t, robot)
    raw.query("copy (select repeat('x', 1000000) from generate_series(1, 1000)) to stdout")
    await raw.bytes(1000)
    raw.socket.pause()
    await until('the database waits', async () => (await witness.backends(robot.name))[0]?.wait === 'ClientWrite')
    const before = memory()
    const relayed = await metric(world, 'postern_relay_bytes_total', { direction: 'to_client' })
    // In sips: far less than the gigabyte, but many times what would be held if nothing were held back.
    let taken = 0
    raw.socket.removeAllListeners('data')
    raw.socket.on('data', (sip: Buffer) => {
      taken += sip.length
      raw.socket.pause()
      setImmediate(() => raw.socket.resume())
    })
    raw.socket.resume()
    await until('much has been read', () => taken > 100 * MIB, 60_000)
    raw.socket.removeAllListeners('data').pause()
    const ahead = (await metric(world, 'postern_relay_bytes_total', { direction: 'to_client' })) - relayed - taken
    t.ok(ahead < 16 * MIB, `what was read ahead lies in the kernels: ${Math.round(ahead / MIB)} MiB`)
    const grown = memory() - before
    t.ok(grown < 30 * MIB, `memory has grown by ${Math.round(grown / MIB)} MiB`)
    raw.close()
    await isGone(robot)
  })

  void t.test('a database that does not read slows the client down, and takes no memory', async t => {
    const robot = await world.account({ role: 'writer' })
    const raw = await enter(t, robot)
    const locker = await drive(t, world.direct)
    await locker.client.query('begin; lock table lines')
    raw.query('copy lines from stdin')
    await until('the database waits', async () => (await witness.backends(robot.name))[0]?.wait === 'relation')
    const before = memory()
    const sent = await metric(world, 'postern_relay_bytes_total', { direction: 'to_upstream' })
    const line = frame('d', Buffer.from('x'.repeat(99_999) + '\n'))
    let lines = 0
    const full = () => !raw.socket.write(line) && raw.socket.writableLength > 2 * MIB
    // The client's own socket takes no more once the kernel between the two is full.
    while (lines < 1000) {
      lines++
      if (!full()) continue
      const written = raw.socket.bytesWritten - raw.socket.writableLength
      await new Promise(resolve => setTimeout(resolve, 50))
      if (raw.socket.bytesWritten - raw.socket.writableLength === written) break
    }
    t.ok(lines < 1000, `the client was held back after ${lines} lines`)
    const taken = (await metric(world, 'postern_relay_bytes_total', { direction: 'to_upstream' })) - sent
    t.ok(taken < 64 * MIB)
    const grown = memory() - before
    t.ok(grown < 30 * MIB, `memory has grown by ${Math.round(grown / MIB)} MiB`)
    await locker.client.query('rollback')
    await raw.send(frame('c')).upTo('Z')
    const { rows } = await witness.client.query<{ count: string }>('select count(*) from lines')
    t.equal(Number(rows[0]?.count), lines, 'every line arrived')
  })

  void t.test('a client that has said its last still gets its answer', async t => {
    const robot = await world.account()
    const raw = await enter(t, robot)
    raw.query("select pg_sleep(0.2), 'answer'").socket.end()
    const heard = await raw.toEnd()
    t.same(
      heard.map(({ type }) => type),
      ['T', 'D', 'C', 'Z'],
    )
    t.match(await closing(robot), { reason: 'client_lost' })
  })

  void t.test('a client that leaves in good order costs the database no CancelRequest', async t => {
    const before = gate.cancels
    for (const tls of [false, true]) {
      const robot = await world.account()
      const raw = await enter(t, robot, { tls })
      await raw.ask('select 1')
      raw.send(terminate()).socket.end()
      await isGone(robot)
      t.match(await closing(robot), { reason: 'client_closed' })
    }
    t.equal(gate.cancels, before)
  })

  void t.test('a client that is killed within a query takes it along', async t => {
    for (const tls of [false, true]) {
      const robot = await world.account()
      const raw = await enter(t, robot, { tls })
      raw.query('select pg_sleep(60)')
      await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
      raw.reset()
      await isGone(robot)
      t.match(await closing(robot), { reason: 'client_lost' })
    }
  })

  void t.test('a backend that is terminated has the last word', async t => {
    const robot = await world.account()
    const raw = await enter(t, robot)
    raw.query('select pg_sleep(60)')
    await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
    await witness.client.query('select pg_terminate_backend($1)', [(await witness.backends(robot.name))[0]?.pid])
    const heard = await raw.toEnd()
    const told = new Told(heard.at(-1) ?? never())
    t.match(told.fields, {
      S: 'FATAL',
      C: '57P01',
      M: 'terminating connection due to administrator command',
      R: 'ProcessInterrupts',
    })
    t.equal(heard.filter(({ type }) => type === 'E').length, 1, 'and nothing of ours is added')
    raw.close()
    t.match(await closing(robot), { reason: 'upstream_closed' })
  })

  void t.test('a database that is lost without a word gets one of ours', async t => {
    const robot = await world.account()
    const raw = await enter(t, robot)
    await raw.ask('select 1')
    gate.cut()
    const told = new Told((await raw.toEnd()).at(-1) ?? never())
    t.match(told.fields, { S: 'FATAL', C: '08006', M: 'the connection to the database server was lost' })
    raw.close()
    t.match(await closing(robot), { reason: HOW_IT_WAS_LOST, session: told.reference })
  })

  void t.test('a database that is lost within a message gets none: it would be taken for part of it', async t => {
    const robot = await world.account()
    const raw = await enter(t, robot)
    raw.query("select repeat('x', 50000000)")
    await raw.bytes(1000)
    gate.cut()
    const rest = await raw.rest()
    t.notOk(rest.includes('08006'))
    raw.close()
    t.match(await closing(robot), { reason: HOW_IT_WAS_LOST })
  })

  void t.test('what a client sends right behind its proof is relayed', async t => {
    // Before it can know that it is in: nobody does so, but no byte may be lost or served twice.
    const robot = await world.account()
    gate.hold()
    const raw = await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    raw.startup(robot.name)
    await raw.prove(robot.token)
    raw.query("select 'early'")
    gate.release()
    await raw.upTo('Z')
    const heard = await raw.upTo('Z')
    t.ok(heard.find(({ type }) => type === 'D')?.body.includes('early'))
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of this process that may grow with what is held back: the proxy runs in it. */
function memory(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function never(): never {
  throw new Error('nothing was heard')
}
