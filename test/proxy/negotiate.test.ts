import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { int32, untypedFrame } from '../../src/wire/frame.js'
import { encodeGssRequest, encodeSslRequest, encodeStartup } from '../../src/wire/startup.js'
import { testServer } from '../support/postgres.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, metric, until } from './observe.js'
import { RawClient, Told, type Heard } from './raw-client.js'

void t.test('the opening of a connection', async t => {
  const server = await testServer(t)
  const world = await makeWorld(t, { server })
  const robot = await world.account()
  const ca = readFileSync(world.ca)

  void t.test('TLS by SSLRequest', async t => {
    const client = await RawClient.connect(world.port())
    await client.startTls(ca)
    const heard = await client.logIn(robot)
    t.equal(heard.at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('direct TLS with ALPN postgresql', async t => {
    const client = await RawClient.connectTls(world.port(), ca)
    t.equal((client.socket as tls.TLSSocket).alpnProtocol, 'postgresql')
    const heard = await client.logIn(robot)
    t.equal(heard.at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('closes direct TLS without ALPN, without an answer', async t => {
    const client = await RawClient.connectTls(world.port(), ca, [])
    t.equal(await refusal(client), SILENCE)
  })

  void t.test('refuses direct TLS with another ALPN protocol, within the handshake', async t => {
    await t.rejects(RawClient.connectTls(world.port(), ca, ['http/1.1']), { code: /ALERT_NO_APPLICATION_PROTOCOL/ })
  })

  void t.test('refuses direct TLS where TLS is off', async t => {
    await t.rejects(RawClient.connectTls(world.port('noTls'), ca))
  })

  void t.test('refuses SSLRequest within direct TLS', async t => {
    const client = await RawClient.connectTls(world.port(), ca)
    client.send(encodeSslRequest())
    t.equal(await refusal(client), '08P01')
  })

  void t.test('refuses bytes sent ahead of the TLS answer', async t => {
    const client = await RawClient.connect(world.port())
    client.send(encodeSslRequest(), encodeStartup({ minor: 0, parameters: new Map([['user', robot.name]]) }))
    t.equal(await refusal(client), '08P01', 'it is told so in the clear, and never S')
  })

  void t.test('never takes bytes that came in the clear for bytes within TLS', async t => {
    const socket = net.connect({ host: '127.0.0.1', port: world.port(), noDelay: true })
    await once(socket, 'connect')
    socket.write(encodeSslRequest())
    // Not in the same segment, but before the handshake.
    setImmediate(() => socket.write(encodeStartup({ minor: 0, parameters: new Map([['user', robot.name]]) })))
    const heard: Buffer[] = []
    socket.on('data', (chunk: Buffer) => heard.push(chunk))
    socket.on('error', () => {})
    await once(socket, 'close')
    const answer = Buffer.concat(heard)
    t.notOk(answer.includes('SCRAM-SHA-256'), 'no login began')
    t.equal(answer[0] === 0x53 || answer[0] === 0x45, true, 'S and a failed handshake, or an error')
  })

  void t.test('answers GSSENCRequest with N, and goes on', async t => {
    const client = await RawClient.connect(world.port())
    client.send(encodeGssRequest())
    t.equal((await client.bytes(1)).toString(), 'N')
    await client.startTls(ca)
    t.equal((await client.logIn(robot)).at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('refuses GSSENCRequest that comes twice', async t => {
    const client = await RawClient.connect(world.port())
    client.send(encodeGssRequest())
    t.equal((await client.bytes(1)).toString(), 'N')
    client.send(encodeGssRequest())
    t.equal(await refusal(client), '08P01')
  })

  void t.test('refuses GSSENCRequest within TLS', async t => {
    const client = await (await RawClient.connect(world.port())).startTls(ca)
    client.send(encodeGssRequest())
    t.equal(await refusal(client), '08P01')
  })

  void t.test('refuses SSLRequest that comes twice', async t => {
    const inTls = await (await RawClient.connect(world.port())).startTls(ca)
    inTls.send(encodeSslRequest())
    t.equal(await refusal(inTls), '08P01')
    const inTheClear = await RawClient.connect(world.port('noTls'))
    inTheClear.send(encodeSslRequest())
    t.equal((await inTheClear.bytes(1)).toString(), 'N')
    inTheClear.send(encodeSslRequest())
    t.equal(await refusal(inTheClear), '08P01')
  })

  void t.test('answers SSLRequest with N where TLS is off, and goes on in the clear', async t => {
    const client = await RawClient.connect(world.port('noTls'))
    client.send(encodeSslRequest())
    t.equal((await client.bytes(1)).toString(), 'N')
    t.equal((await client.logIn(robot)).at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('refuses a login without TLS where TLS is required, and says how to', async t => {
    const client = await RawClient.connect(world.port('tlsOnly'))
    const told = await client.logIn(robot).catch((error: unknown) => error)
    t.match(told, { fields: { C: '28000', M: /requires TLS/, H: /sslmode=require/ } })
    const secure = await drive(
      t,
      world.uri(robot, { listener: 'tlsOnly', query: `sslmode=verify-full&sslrootcert=${world.ca}` }),
    )
    t.equal((await secure.client.query('select 1')).rowCount, 1)
  })

  void t.test('negotiates the version byte for byte as PostgreSQL 18 does', async t => {
    const asked: [name: string, minor: number, parameters: [string, string][]][] = [
      ['3.0', 0, []],
      ['3.1', 1, []],
      ['3.2', 2, []],
      ['3.3', 3, []],
      ['3.9999', 9999, []],
      ['3.0 with an option', 0, [['_pq_.x', '1']]],
      [
        '3.2 with options',
        2,
        [
          ['_pq_.later', 'on'],
          ['_pq_.x', ''],
        ],
      ],
      ['3.9999 with an option', 9999, [['_pq_.test_protocol_negotiation', '']]],
    ]
    for (const [name, minor, parameters] of asked) {
      const ours = await firstAnswer(world.port(), robot.name, minor, parameters)
      const theirs = await firstAnswer(server.port, server.superuser.user, minor, parameters)
      t.equal(ours.type, theirs.type, name)
      if (theirs.type === 'v') t.same(ours.bytes, theirs.bytes, name)
    }
  })

  void t.test('a login goes on after NegotiateProtocolVersion', async t => {
    const client = await RawClient.connect(world.port())
    const heard = await client.logIn(robot, { minor: 9999, parameters: [['_pq_.x', '1']] })
    t.equal(heard[0]?.type, 'v')
    t.equal(heard.at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('refuses protocol 2 and 4', async t => {
    for (const major of [2, 4]) {
      const client = await RawClient.connect(world.port())
      client.send(untypedFrame(int32(major << 16), Buffer.from('user\0robot\0\0')))
      t.equal(await refusal(client), '08P01')
    }
  })

  void t.test('closes at a start-up packet over 10,000 bytes before it is there, without an answer', async t => {
    const client = await RawClient.connect(world.port())
    client.send(int32(10_005), int32(3 << 16))
    t.equal(await refusal(client), SILENCE)
  })

  void t.test('takes a start-up packet of 10,000 bytes', async t => {
    const head = untypedFrame(int32(3 << 16), Buffer.from(`user\0${robot.name}\0application_name\0\0\0`))
    const padding = 'x'.repeat(10_000 - (head.length - 4))
    const client = await RawClient.connect(world.port())
    client.send(untypedFrame(int32(3 << 16), Buffer.from(`user\0${robot.name}\0application_name\0${padding}\0\0`)))
    t.equal((await client.message()).type, 'R')
    client.close()
  })

  void t.test('takes a start-up packet that comes one byte at a time', async t => {
    const client = await RawClient.connect(world.port())
    const packet = encodeStartup({
      minor: 2,
      parameters: new Map([
        ['user', robot.name],
        ['database', 'shop'],
      ]),
    })
    for (const byte of packet) {
      client.send(Buffer.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    await client.prove(robot.token)
    t.equal((await client.upTo('Z')).at(-1)?.type, 'Z')
    client.close()
  })

  void t.test('refuses what no PostgreSQL client sends', async t => {
    const garbage: [string, Buffer][] = [
      [SILENCE, Buffer.from('GET / HTTP/1.1\r\nHost: postern\r\n\r\n')],
      [SILENCE, Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
      [SILENCE, Buffer.alloc(64)],
      [SILENCE, Buffer.alloc(64, 0xff)],
      ['08P01', untypedFrame(int32(3 << 16))],
      ['08P01', untypedFrame(int32(3 << 16), Buffer.from('user\0robot'))],
    ]
    for (const [expected, bytes] of garbage) {
      const client = await RawClient.connect(world.port())
      client.send(bytes)
      t.equal(await refusal(client), expected, JSON.stringify(bytes.toString('latin1', 0, 16)))
    }
  })

  void t.test('refuses a start-up packet that was sent ahead of the encryption answer, as N is sent', async t => {
    const packet = encodeStartup({ minor: 0, parameters: new Map([['user', robot.name]]) })
    for (const [listener, request] of [
      ['noTls', encodeSslRequest()],
      ['scram', encodeGssRequest()],
    ] as const) {
      const client = await RawClient.connect(world.port(listener))
      client.send(request, packet)
      t.equal((await client.bytes(1)).toString(), 'N')
      t.equal(await refusal(client), '08P01', listener)
    }
  })

  void t.test('refuses an empty user, and none', async t => {
    for (const parameters of [[], [['user', '']], [['database', 'shop']]] as [string, string][][]) {
      const client = await RawClient.connect(world.port())
      client.send(encodeStartup({ minor: 0, parameters: new Map(parameters) }))
      t.equal(await refusal(client), '08P01')
    }
  })

  void t.test('refuses replication, in all the ways to ask for it', async t => {
    for (const value of ['true', 'database', 'on', '1', 'YES', 'what?']) {
      t.equal(await refusalOf(world, robot, [['replication', value]]), '0A000', value)
    }
    for (const value of ['false', 'off', 'No', '0', 'f', '']) {
      t.equal(await refusalOf(world, robot, [['replication', value]]), null, value)
    }
  })

  void t.test('the database defaults to the user, before any check', async t => {
    for (const database of [undefined, '']) {
      const client = await RawClient.connect(world.port())
      const parameters = new Map([
        ['user', robot.name],
        ...(database === undefined ? [] : [['database', database] as const]),
      ])
      client.send(encodeStartup({ minor: 0, parameters }))
      await client.prove(robot.token)
      t.equal(await refusal(client), '42501')
      await until('the refusal is logged', () => world.log.some(line => line['database'] === robot.name))
    }
  })

  void t.test('a port scan is no login, and nothing stays in flight', async t => {
    await until('no login is in flight', async () => (await metric(world, 'postern_logins_in_flight')) === 0)
    const logins = () => metric(world, 'postern_logins_total')
    const accepted = () => metric(world, 'postern_connections_accepted_total')
    const abandoned = () => metric(world, 'postern_logins_abandoned_total', { phase: 'startup' })
    const before = {
      logins: await logins(),
      accepted: await accepted(),
      abandoned: await abandoned(),
      lines: world.log.length,
    }
    for (let n = 0; n < 3; n++) (await RawClient.connect(world.port())).close()
    await until('three connections were accepted', async () => (await accepted()) === before.accepted + 3)
    await until('all have left', async () => (await abandoned()) === before.abandoned + 3)
    t.equal(await logins(), before.logins)
    const lines = world.log.slice(before.lines)
    const levels = new Set(lines.filter(({ msg }) => /abandoned/.test(String(msg))).map(({ level }) => level))
    t.same([...levels], ['debug'], 'they write no line at level info')
    t.equal(await metric(world, 'postern_logins_in_flight'), 0)
  })
})

/** The connection is closed without an answer. */
const SILENCE = 'silence'

/** The SQLSTATE with which a client is refused; the connection is over then. */
async function refusal(client: RawClient): Promise<string> {
  const heard = await client.toEnd()
  client.close()
  if (heard.length === 0) return SILENCE
  return heard.length === 1 && heard[0]?.type === 'E'
    ? new Told(heard[0]).code
    : `no refusal but ${heard.map(({ type }) => type).join()}`
}

async function refusalOf(world: World, robot: Member, parameters: [string, string][]): Promise<string | null> {
  const client = await RawClient.connect(world.port())
  try {
    await client.logIn(robot, { parameters })
    return null
  } catch (error) {
    return error instanceof Told ? error.code : String(error)
  } finally {
    client.close()
  }
}

async function firstAnswer(port: number, user: string, minor: number, parameters: [string, string][]): Promise<Heard> {
  const client = await RawClient.connect(port)
  const heard = await client.startup(user, { minor, parameters, database: 'postgres' }).message()
  client.close()
  return heard
}
