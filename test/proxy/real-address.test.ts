import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { encodeStartup } from '../../src/wire/startup.js'
import { missing, start } from '../support/tools.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { metric } from './observe.js'

function worldBehind(t: Test, trusted: readonly string[]): Promise<World> {
  const listener = { host: '127.0.0.1', port: 0, tls: 'off', trusted_proxies: trusted }
  return makeWorld(t, { env: { POSTERN_LISTENERS: JSON.stringify([listener]) } })
}

/** A driver's connection that begins with these bytes. */
function clientBehind(world: World, { name, token }: Member, header: string): pg.Client {
  const stream = () => {
    const socket = new net.Socket()
    socket.once('connect', () => socket.write(header))
    return socket
  }
  return new pg.Client({ host: '127.0.0.1', port: world.port(), user: name, password: token, database: 'shop', stream })
}

/** Waits for the log's line on the client that came from this address. */
async function loggedFrom(world: World, message: string): Promise<unknown> {
  for (;;) {
    const line = world.log.find(({ msg }) => msg === message)
    if (line) return line['client']
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

void t.test('a trusted balancer tells where the client really is, and that is what the log has', async t => {
  const world = await worldBehind(t, ['127.0.0.0/8'])
  const client = clientBehind(world, await world.account(), 'PROXY TCP4 203.0.113.7 192.0.2.1 54321 6432\r\n')
  await client.connect()
  t.match((await client.query('select 1 as one')).rows, [{ one: 1 }])
  await client.end()
  t.equal(await loggedFrom(world, 'session opened'), '203.0.113.7')
})

void t.test('a list of networks is held against the address that the balancer tells', async t => {
  const world = await worldBehind(t, ['127.0.0.0/8'])
  const pinned = { name: 'away', role: 'reader', databaseIds: [world.database.id], makerId: world.admin.id } as const
  const account = await withTransaction(world.store, tx =>
    createPinnedAccount(tx, { ...pinned, allowFrom: ['203.0.113.0/24'] }),
  )
  const away = await world.key(account)
  const from = async (address: string) => {
    const client = clientBehind(world, away, `PROXY TCP4 ${address} 192.0.2.1 54321 6432\r\n`)
    await client.connect()
    await client.end()
  }
  await from('203.0.113.7')
  await t.rejects(from('198.51.100.7'), { code: '28P01' })
  t.match(
    world.log.find(({ msg }) => msg === 'login refused'),
    { client: '198.51.100.7', reason: 'address', key: away.keyId },
  )
})

void t.test('a trusted balancer that says nothing of the client is not let in', async t => {
  const world = await worldBehind(t, ['127.0.0.1'])
  const socket = net.connect(world.port(), '127.0.0.1')
  socket.write(encodeStartup({ minor: 0, parameters: new Map([['user', 'robot']]) }))
  socket.resume()
  await once(socket, 'close')
  t.equal(socket.bytesRead, 0)
})

void t.test('nobody else can claim to be somewhere: their header breaks the protocol', async t => {
  const world = await worldBehind(t, ['192.0.2.0/24', 'fd00::/8'])
  const claims = clientBehind(world, await world.account(), 'PROXY TCP4 203.0.113.7 192.0.2.1 54321 6432\r\n')
  await t.rejects(claims.connect(), { message: /terminated unexpectedly/ }, 'PROX is an impossible start-up length')
  t.equal(await metric(world, 'postern_logins_total', { reason: 'protocol_violation' }), 1)
  const honest = clientBehind(world, await world.account(), '')
  await honest.connect()
  await honest.end()
  t.equal(await loggedFrom(world, 'session opened'), '127.0.0.1')
})

const noHaproxy = missing('haproxy', ['-v'])
for (const version of ['send-proxy', 'send-proxy-v2'] as const) {
  void t.test(`haproxy with ${version} stands before it`, { skip: noHaproxy }, async t => {
    const world = await worldBehind(t, ['127.0.0.1'])
    const [dir, port] = [t.testdir(), await freePort()]
    const file = join(dir, 'haproxy.cfg')
    await writeFile(
      file,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen postgres
  bind 127.0.0.1:${port}
  server postern 127.0.0.1:${world.port()} ${version}
`,
    )
    const haproxy = start(t, 'haproxy', ['-db', '-f', file])
    const { name, token } = await world.account()
    const client = await connected(port, haproxy.child, { name, token })
    t.match((await client.query('select 1 as one')).rows, [{ one: 1 }])
    await client.end()
    t.equal(await loggedFrom(world, 'session opened'), '127.0.0.1')
  })
}

/** Connects once haproxy listens. */
async function connected(
  port: number,
  haproxy: { readonly exitCode: number | null },
  { name, token }: Pick<Member, 'name' | 'token'>,
): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: name, password: token, database: 'shop' })
    try {
      await client.connect()
      return client
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || haproxy.exitCode !== null) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
