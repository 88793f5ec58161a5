// A database server that lies, floods or falls silent, seen from a client: one clear no, without a word of the server's,
// the true cause in log and metric, and nothing left open.

import type net from 'node:net'
import t, { type Test } from 'tap'
import { moveDatabase } from '../../src/store/databases.js'
import type { UpstreamErrorKind } from '../../src/upstream/upstream-error.js'
import * as backend from '../../src/wire/backend.js'
import { frame, int32 } from '../../src/wire/frame.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { fakeServer, inTurn, type Part } from '../upstream/fake-server.js'
import { metric, seen, until } from './observe.js'
import { RawClient, Told } from './raw-client.js'

type Behaviour = (socket: net.Socket) => void

const WORDS = 'words of the server'
const SALT = Buffer.alloc(16, 1).toString('base64')
const ok = backend.authenticationOk()
const ready = backend.readyForQuery('I')
const offer = backend.authenticationSasl(['SCRAM-SHA-256'])
const notice = backend.noticeResponse({ severity: 'NOTICE', code: '00000', message: WORDS })
const challenge = (attributes: string) => (chunk: Buffer) =>
  backend.authenticationSaslContinue(Buffer.from(`r=${nonceOf(chunk)}${attributes}`, 'latin1'))
const honest = challenge(`x,s=${SALT},i=4096`)
const forged = backend.authenticationSaslFinal(Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`))
const error = (fields: string) => frame('E', Buffer.from(fields, 'latin1'))
const withLength = (length: number) => Buffer.concat([Buffer.from('R'), int32(length), Buffer.from(WORDS)])

/** What the server does, and the kind of error that this is. */
const BEHAVIOURS: Record<string, [Behaviour, UpstreamErrorKind]> = {
  'an endless nonce': [inTurn(offer, challenge(`${'x'.repeat(50_000)},s=${SALT},i=4096`)), 'protocol'],
  'a nonce that is not ours': [inTurn(offer, () => challenge(`,s=${SALT},i=4096`)(Buffer.from('r=x'))), 'protocol'],
  'more iterations than anybody needs': [inTurn(offer, challenge(`x,s=${SALT},i=2000000000`)), 'protocol'],
  'an error without a SQLSTATE': [inTurn(error(`SFATAL\0M${WORDS}\0\0`)), 'protocol'],
  'an error without a message': [inTurn(error('SFATAL\0C57P03\0\0')), 'protocol'],
  'an error that libpq would not read': [inTurn(error(`SFATAL\0C57P03\0M${WORDS.repeat(2_000)}\0\0`)), 'protocol'],
  'an error of a server that could not even start': [inTurn(Buffer.from(`E${WORDS}\n\0`)), 'protocol'],
  'a refusal that names the login': [inTurn(error(`SFATAL\0C28P01\0M${WORDS}\0\0`)), 'login_refused'],
  'a negative length': [inTurn(withLength(-1)), 'protocol'],
  'the longest length': [inTurn(withLength(0x7fffffff)), 'protocol'],
  'a length of less than itself': [inTurn(withLength(3)), 'protocol'],
  'an authentication request without a code': [inTurn(frame('R', Buffer.alloc(2))), 'protocol'],
  'a key of a process without its number': [inTurn(Buffer.concat([ok, frame('K', Buffer.alloc(2))])), 'protocol'],
  'a status that lacks its end': [inTurn(Buffer.concat([ok, frame('S', Buffer.from(WORDS))])), 'protocol'],
  'a server that is never ready, but full of news': [inTurn(flood(backend.parameterStatus('a', WORDS))), 'protocol'],
  'a server that is never ready, but full of notices': [inTurn(flood(notice)), 'protocol'],
  'notices for ever, ahead of any authentication': [
    inTurn(Buffer.concat(Array<Buffer>(2_000).fill(notice))),
    'protocol',
  ],
  'a wrong signature': [inTurn(offer, honest, Buffer.concat([forged, ok, ready])), 'protocol'],
  'an error in place of its signature': [
    inTurn(offer, honest, backend.authenticationSaslFinal(Buffer.from(`e=${WORDS}`))),
    'protocol',
  ],
  'a yes before the proof': [inTurn(offer, honest, Buffer.concat([ok, ready])), 'protocol'],
  'a yes in place of the challenge': [inTurn(offer, Buffer.concat([ok, ready])), 'protocol'],
  'another request once SCRAM has begun': [inTurn(offer, backend.authenticationCleartext()), 'protocol'],
  'another request in place of its signature': [
    inTurn(offer, honest, backend.authenticationMd5(Buffer.alloc(4))),
    'protocol',
  ],
  'the challenge twice': [inTurn(offer, honest, honest), 'protocol'],
  'a query of its own': [inTurn(Buffer.concat([ok, frame('Q', Buffer.from('drop\0'))])), 'protocol'],
  'nothing, and it closes': [socket => socket.once('data', () => socket.end()), 'unreachable'],
  'nothing, and it resets': [socket => socket.once('data', () => socket.resetAndDestroy()), 'unreachable'],
  'half a message, and it closes': [
    socket => socket.once('data', () => socket.end(offer.subarray(0, 9))),
    'unreachable',
  ],
  'a lie, one byte at a time': [slowly(withLength(-1)), 'protocol'],
}

/** Where TLS is asked for. */
const TLS_BEHAVIOURS: typeof BEHAVIOURS = {
  'no TLS': [inTurn(Buffer.from('N')), 'tls'],
  'bytes behind its yes to TLS': [inTurn(Buffer.concat([Buffer.from('S'), ok, ready])), 'protocol'],
  'words in place of a yes or no': [inTurn(error(`SFATAL\0C57P03\0M${WORDS}\0\0`)), 'tls'],
  'no handshake behind its yes': [inTurn(Buffer.from('S'), Buffer.from(WORDS)), 'tls'],
}

/** Where it falls silent, or goes on without getting anywhere. */
const SILENCES: Record<string, Behaviour> = {
  'from the start': () => {},
  'behind its offer': inTurn(offer),
  'behind its challenge': inTurn(offer, honest),
  'within a message': inTurn(offer.subarray(0, 9)),
  'behind its yes': inTurn(Buffer.concat([ok, backend.parameterStatus('a', 'b')])),
}

void t.test('a hostile database server', async t => {
  const world = await makeWorld(t)
  const robot = await world.account()
  let behave: Behaviour = () => {}
  const server = await fakeServer(t, socket => behave(socket))
  await moveDatabase(world.store, world.database.id, server.target)
  const port = world.port()
  const nothingLeft = () =>
    until('nothing is left open', async () => {
      return (await server.open()) === 0 && (await metric(world, 'postern_logins_in_flight')) === 0
    })

  const each = async (t: Test, behaviours: typeof BEHAVIOURS) => {
    for (const [name, [behaviour, kind]] of Object.entries(behaviours)) {
      behave = behaviour
      const failures = () => metric(world, 'postern_upstream_errors_total', { database: 'shop', kind })
      const before = await failures()
      const told = await refusal(robot, port)
      t.match(told.fields, { S: 'FATAL', C: '08006', D: /^Reference: / }, name)
      t.notMatch(told.bytes.toString('latin1'), WORDS, `${name}: none of its words`)
      const line = lineOf(world, told)
      t.match(line, { account: robot.name, database: 'shop', err: { kind, message: /^upstream / } }, name)
      t.notMatch(JSON.stringify(line), WORDS, `${name}: nor in the log`)
      t.equal((await failures()) - before, 1, `${name}: counted as ${kind}`)
      await nothingLeft()
    }
  }

  void t.test('that says what no honest one says', t => each(t, BEHAVIOURS))

  void t.test('that plays with TLS', async t => {
    await setSslMode(world, 'require')
    t.teardown(() => setSslMode(world, 'disable'))
    await each(t, TLS_BEHAVIOURS)
  })

  void t.test('that falls silent runs into upstream.connect_timeout, wherever it is', async t => {
    const { proxy } = await world.another({ env: { POSTERN_UPSTREAM_CONNECT_TIMEOUT: '500ms' } })
    for (const [name, behaviour] of Object.entries(SILENCES)) {
      behave = behaviour
      const told = await refusal(robot, proxy[0]?.port ?? 0)
      t.match(told.fields, { C: '08006', M: 'the database server could not be reached' }, name)
      t.match(lineOf(world, told), { err: { kind: 'timeout', message: /^upstream login: not done within/ } }, name)
    }
    await nothingLeft()
  })

  void t.test('that asks for as much work as it may does not stop the others', async t => {
    let turns = 0
    let answered = () => {}
    behave = inTurn(offer, challenge(`x,s=${SALT},i=100000`), chunk => {
      t.match(chunk.toString('latin1'), /^p.{4}c=biws,r=/s, 'the work is done')
      answered()
      return forged
    })
    let isDone = false
    const done = new Promise<void>(resolve => (answered = resolve)).then(() => (isDone = true))
    const refused = refusal(robot, port)
    while (!isDone) {
      await new Promise(setImmediate)
      turns++
    }
    await done
    t.ok(turns > 20, 'the event loop turned meanwhile')
    t.equal((await refused).code, '08006')
  })

  void t.test('that is only slow gets its login done, one byte at a time', async t => {
    behave = slowly(Buffer.concat([ok, notice, backend.parameterStatus('server_version', '18'), ready]))
    const client = await RawClient.connect(port)
    const heard = await client.logIn(robot)
    t.equal(heard.map(({ type }) => type).join(''), 'RRRRSNZ')
    client.close()
    await nothingLeft()
  })

  void t.test('spoils nothing for a login at an honest one', async t => {
    await moveDatabase(world.store, world.database.id, world.server)
    await seen(world)
    const client = await RawClient.connect(port)
    t.equal((await client.logIn(robot)).at(-1)?.type, 'Z')
    client.close()
  })
})

/** Logs in to be refused, and shows that nothing comes behind the refusal. */
async function refusal(robot: Member, port: number): Promise<Told> {
  const client = await RawClient.connect(port)
  client.startup(robot.name)
  await client.prove(robot.token)
  const heard = await client.toEnd()
  client.close()
  const [told] = heard
  if (!told || heard.length !== 1 || told.type !== 'E') throw new Error(`heard ${heard.map(({ type }) => type).join()}`)
  return new Told(told)
}

function lineOf(world: World, { reference }: Told): Record<string, unknown> {
  return world.log.find(({ session, code }) => session === reference && code !== undefined) ?? {}
}

async function setSslMode(world: World, mode: string): Promise<void> {
  const sql = 'update postern.databases set ssl_mode = $2 where id = $1'
  await world.store.run('set an sslmode', sql, [world.database.id, mode])
  await seen(world)
}

function nonceOf(clientFirst: Buffer): string {
  return /r=(.*)$/s.exec(clientFirst.toString('latin1'))?.[1] ?? ''
}

function flood(message: Buffer): Part {
  return Buffer.concat([ok, ...Array<Buffer>(2_000).fill(message)])
}

/** Sends these bytes one at a time, each in a packet of its own. */
function slowly(bytes: Buffer): Behaviour {
  return socket => {
    socket.setNoDelay(true)
    socket.once('data', () => {
      let sent = 0
      const next = () => {
        if (sent === bytes.length || socket.destroyed) return
        socket.write(bytes.subarray(sent, ++sent), () => setImmediate(next))
      }
      next()
    })
  }
}
