// Connecting to hosts with several addresses: real sockets on addresses of 127.0.0.0/8, of which Linux has all.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { dial } from '../../src/upstream/dial.js'
import { HostNames } from '../../src/upstream/host-names.js'
import type { Target } from '../../src/upstream/target.js'
import { failureOf } from './log-in-as.js'
import { startNameServer } from './name-server.js'

/** Long enough for any machine: only where a test says so does it pass. */
const LONG_MS = 60_000

const skip = process.platform === 'linux' ? false : 'needs the addresses 127.0.0.2 and so on'

void t.test('a host with several addresses', { skip }, async t => {
  await t.test('is reached at the next one when one refuses', async t => {
    const port = await listenOn(t, '127.0.0.3')
    const leg = await dial(target('db.test', port), {
      connectTimeoutMs: LONG_MS,
      names: names(t, '127.0.0.2', '127.0.0.3'),
    })
    t.equal(leg.socket.remoteAddress, '127.0.0.3')
    leg.destroy()
  })

  await t.test('is reached at one that takes a second to accept', async t => {
    const { port, accept } = await fullListener(t, '127.0.0.2')
    const dialed = dial(target('db.test', port), {
      connectTimeoutMs: LONG_MS,
      names: names(t, '127.0.0.2', '127.0.0.3'),
    })
    // The first SYN has been dropped by then; the kernel sends it again after a second.
    await new Promise(resolve => setImmediate(resolve))
    accept()
    const leg = await dialed
    t.equal(leg.socket.remoteAddress, '127.0.0.2')
    leg.destroy()
  })

  await t.test('is reached at the second when the first never answers, after its share of the time', async t => {
    const { port } = await fullListener(t, '127.0.0.2')
    await listenOn(t, '127.0.0.3', port)
    const leg = await dial(target('db.test', port), {
      connectTimeoutMs: 4_000,
      names: names(t, '127.0.0.2', '127.0.0.3'),
    })
    t.equal(leg.socket.remoteAddress, '127.0.0.3')
    leg.destroy()
  })

  await t.test('that does not answer is reported address by address', async t => {
    const refused = names(t, '127.0.0.2', '127.0.0.3')
    const port = await freePort()
    const error = await failureOf(dial(target('db.test', port), { connectTimeoutMs: LONG_MS, names: refused }))
    t.equal(error.kind, 'unreachable')
    t.equal(
      error.message,
      `upstream connect to db.test:${port}: none of 2 addresses answers; ` +
        `127.0.0.2: connect ECONNREFUSED 127.0.0.2:${port}; 127.0.0.3: connect ECONNREFUSED 127.0.0.3:${port}`,
    )
    const full = await fullListener(t, '127.0.0.2')
    await fullListener(t, '127.0.0.3', full.port)
    const late = await failureOf(
      dial(target('db.test', full.port), { connectTimeoutMs: 400, names: names(t, '127.0.0.2', '127.0.0.3') }),
    )
    t.equal(late.kind, 'timeout')
    t.match(
      late.message,
      /^upstream connect to db\.test:\d+: not done within 400 ms; 127\.0\.0\.2: no answer within \d+ ms; 127\.0\.0\.3: no answer$/,
    )
  })

  await t.test('is left at once when the caller gives up', async t => {
    const { port } = await fullListener(t, '127.0.0.2')
    const login = new AbortController()
    const dialed = dial(target('db.test', port), {
      connectTimeoutMs: LONG_MS,
      signal: login.signal,
      names: names(t, '127.0.0.2', '127.0.0.3'),
    })
    login.abort(new Error('the client went away'))
    t.equal((await failureOf(dialed)).kind, 'aborted')
  })
})

void t.test('a host whose remembered address no longer answers is looked up again', { skip }, async t => {
  const port = await listenOn(t, '127.0.0.3')
  let now = 0
  const dir = t.testdir({ hosts: '127.0.0.2 db.test\n' })
  const known = new HostNames({ hostsFile: join(dir, 'hosts'), now: () => now })
  t.same(await known.addressesOf('db.test', new AbortController().signal), ['127.0.0.2'])
  writeFileSync(join(dir, 'hosts'), '127.0.0.3 db.test # moved\n')
  now += 2_000
  t.same(known.addressesOf('db.test', new AbortController().signal), ['127.0.0.2'], 'its TTL is not over')
  const leg = await dial(target('db.test', port), { connectTimeoutMs: LONG_MS, names: known })
  t.equal(leg.socket.remoteAddress, '127.0.0.3')
  leg.destroy()
})

void t.test('a host whose name server is silent is given up at the deadline, and the error says why', async t => {
  const server = await startNameServer(t, { 'db.test': { fault: 'silent' } })
  const dir = t.testdir({ empty: '' })
  const empty = join(dir, 'empty')
  const silent = new HostNames({ hostsFile: empty, resolvConf: empty, nameServers: [server.address] })
  const error = await failureOf(dial(target('db.test', 5432), { connectTimeoutMs: 200, names: silent }))
  t.equal(error.kind, 'timeout')
  t.equal(
    error.message,
    'upstream connect to db.test:5432: not done within 200 ms; the name look-up of db.test has no answer yet',
  )
})

function target(host: string, port: number): Target {
  return { host, port, sslMode: 'disable', sslRootCert: null }
}

/** Names by which `db.test` has these addresses. */
function names(t: Test, ...addresses: string[]): HostNames {
  const dir = t.testdir({ hosts: addresses.map(address => `${address} db.test\n`).join('') })
  return new HostNames({ hostsFile: join(dir, 'hosts') })
}

async function listenOn(t: Test, host: string, port = 0): Promise<number> {
  const server = net.createServer(socket => socket.on('error', () => {}).resume())
  server.listen({ host, port })
  await once(server, 'listening')
  t.teardown(() => void server.close())
  return (server.address() as net.AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen({ host: '127.0.0.2', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  return port
}

/** Starts a listener whose queue is full: it answers nothing until `accept`. The process behind it is stopped. */
async function fullListener(t: Test, host: string, port = 0): Promise<{ port: number; accept: () => void }> {
  const code = `const server = require('net').createServer(socket => socket.on('error', () => {}).resume())
    server.listen({ host: '${host}', port: ${port}, backlog: 1 }, () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const at = { host, port: Number(line.toString()) }
  child.kill('SIGSTOP')
  // One more than the backlog is taken by the kernel.
  for (let n = 0; n < 2; n++) {
    const filler = net.connect(at).on('error', () => {})
    await once(filler, 'connect')
    t.teardown(() => void filler.destroy())
  }
  return { port: at.port, accept: () => void child.kill('SIGCONT') }
}
