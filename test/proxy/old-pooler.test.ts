// A pooler that cannot read a start-up packet of protocol 3.2: PgBouncer before 1.23, as Debian 12 has it, in front of Postgres.

import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import { chooseServerUser } from '../../src/embedded/os-user.js'
import { moveDatabase } from '../../src/store/databases.js'
import { OldProtocol } from '../../src/upstream/old-protocol.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import { errorResponse, authenticationCleartext } from '../../src/wire/backend.js'
import { encodeCancelRequest } from '../../src/wire/startup.js'
import { connect } from '../../src/proxy/connect.js'
import { makeGate } from '../support/gate.js'
import { missing, start } from '../support/tools.js'
import { makeWorld, type World } from '../support/world.js'
import { fakeServer } from '../upstream/fake-server.js'
import { failureOf } from '../upstream/log-in-as.js'
import { makeWitness, until } from './observe.js'
import { fieldsOf, RawClient, type Heard } from './raw-client.js'

const PGBOUNCER = '/usr/sbin/pgbouncer'

const SSL_REQUEST_BYTES = 8
const [V3_0, V3_2] = [0x30000, 0x30002]

void t.test('a client of protocol 3.2 at an old pooler', { skip: missing(PGBOUNCER) }, async t => {
  const world = await makeWorld(t)
  const gate = await makeGate(t, { host: '127.0.0.1', port: await startPooler(t, world) })
  // A pooler takes no settings of ours in the start-up packet.
  await world.store.run('register a pooler', 'update postern.databases set announce = false', [])
  await moveDatabase(world.store, world.database.id, { host: '127.0.0.1', port: gate.port })
  const witness = await makeWitness(t, world)
  const robot = await world.account()
  /** The versions asked for so far, behind an SSLRequest; cancel requests left out. */
  const versions = () =>
    gate.sent
      .filter(({ length }) => length >= 16)
      .map(bytes => bytes.subarray(SSL_REQUEST_BYTES).readInt32BE(4))
      .filter(version => version >> 16 === 3)

  await t.test('logs in with 3.0 there, and can cancel what it runs', async t => {
    const client = await RawClient.connect(world.port())
    const heard = await client.logIn(robot, { minor: 2 })
    t.notOk(
      heard.some(({ type }) => type === 'v'),
      'its own version stands',
    )
    t.same(versions(), [V3_2, V3_0])
    const key = heard.find(({ type }) => type === 'K')?.body ?? Buffer.alloc(0)
    t.equal(key.length, 8, 'the key is the pooler’s, of 4 bytes')
    client.query('select pg_sleep(60)')
    const running = "select from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'"
    const isRunning = async () => (await witness.client.query(running)).rowCount === 1
    await until('the query runs', isRunning)
    const cancel = await RawClient.connect(world.port())
    cancel.send(encodeCancelRequest({ processId: key.readInt32BE(0), secretKey: key.subarray(4) }))
    t.equal(codeOf((await client.upTo('E')).at(-1)), '57014')
    client.close()
    cancel.close()
  })

  await t.test('pays for the second attempt only once', async t => {
    const before = versions().length
    for (let n = 0; n < 2; n++) {
      const client = await RawClient.connect(world.port())
      await client.logIn(robot, { minor: 2 })
      client.close()
    }
    t.same(versions().slice(before), [V3_0, V3_0])
  })
})

void t.test('only a protocol violation as the first answer is met with 3.0', async t => {
  const violation = errorResponse({ severity: 'FATAL', code: '08P01', message: 'm', detail: 'd', hint: 'h' })
  const unsupported = errorResponse({ severity: 'FATAL', code: '0A000', message: 'm', detail: 'd', hint: 'h' })
  const cases: [name: string, minor: 0 | 2, answers: Buffer[], startups: number][] = [
    ['3.2', 2, [violation], 2],
    ['3.0', 0, [violation], 1],
    ['another error', 2, [unsupported], 1],
    ['after authentication began', 2, [authenticationCleartext(), violation], 1],
  ]
  for (const [name, minor, answers, startups] of cases) {
    const asked: number[] = []
    const server = await fakeServer(t, socket => {
      const left = [...answers]
      socket.on('data', (chunk: Buffer) => {
        if (left.length === answers.length) asked.push(chunk.readInt32BE(4) & 0xffff)
        const answer = left.shift()
        if (answer) socket.write(answer)
      })
    })
    const oldProtocol = new OldProtocol()
    const error = await failureOf(connectTo(server.target, minor, oldProtocol))
    t.equal(error.kind, 'server', name)
    t.equal(asked.length, startups, name)
    t.equal(oldProtocol.minorFor(server.target, 2), 2, `${name}: nothing is remembered, as 3.0 has failed too`)
  }
})

void t.test('an old pooler is forgotten after an hour, and another address was never one', async t => {
  let now = 1_000
  const oldProtocol = new OldProtocol(() => now)
  const target = { host: 'pooler.test', port: 6432, sslMode: 'disable', sslRootCert: null } as const
  oldProtocol.add(target)
  t.equal(oldProtocol.minorFor(target, 2), 0)
  t.equal(oldProtocol.minorFor({ ...target, port: 6433 }, 2), 2)
  t.equal(oldProtocol.minorFor({ ...target, host: 'other.test' }, 2), 2)
  now += 3_599_999
  t.equal(oldProtocol.minorFor(target, 2), 0)
  now += 2
  t.equal(oldProtocol.minorFor(target, 2), 2)
})

type Given = Parameters<typeof connect>

function connectTo(target: Given[0]['database'] | object, minor: 0 | 2, oldProtocol: OldProtocol) {
  const grant = { database: { ...target, dbname: 'shop', announce: false }, login: { user: 'u', password: 'p' } }
  const principal = { account: { name: 'robot' }, key: { id: 'K' } }
  const opening = { kind: 'startup', user: 'robot', database: 'shop', parameters: new Map(), minor, certificate: null }
  return connect(
    grant as unknown as Given[0],
    principal as Given[1],
    opening as Given[2],
    { connectTimeoutMs: 10_000, saltedPasswords: new SaltedPasswords(), oldProtocol },
    new AbortController().signal,
  )
}

/** Starts PgBouncer in front of the world's database, for its logins; it ends with the test. Returns its port. */
async function startPooler(t: Test, world: World): Promise<number> {
  const { logins } = (await world.instance.knowledge.databases.get(world.database.id)).value ?? {}
  const owner = await chooseServerUser(null)
  const dir = await mkdtemp(join(tmpdir(), 'postern-pooler-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const port = await freePort()
  const dbname = new URL(world.direct).pathname.slice(1)
  const users = Object.values(logins ?? {}).map(({ user, password }) => `"${user}" "${password}"\n`)
  const files = {
    'users.txt': users.join(''),
    'pgbouncer.ini': `[databases]
${dbname} = host=127.0.0.1 port=${world.server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(dir, 'users.txt')}
`,
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(dir, name), text, { mode: 0o600 })
    if (owner) await chown(join(dir, name), owner.uid, owner.gid)
  }
  if (owner) await chown(dir, owner.uid, owner.gid)
  const pooler = start(t, PGBOUNCER, [...(owner ? ['-u', 'postgres'] : []), join(dir, 'pgbouncer.ini')], {
    timeoutMs: 120_000,
  })
  await pooler.until(/process up/)
  return port
}

function codeOf(heard: Heard | undefined): string | undefined {
  return heard && fieldsOf(heard.body)['C']
}
