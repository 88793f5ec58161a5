// One text, one verdict: every place that takes a network or judges an address is asked about the same texts.

import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { isExposed } from '../../src/cli/api-url.js'
import { loadSettings, SettingsError } from '../../src/load-settings.js'
import { isLoopbackHost, isWithin } from '../../src/model/network.js'
import type { Instance } from '../../src/serve.js'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { parseDatabaseUrl } from '../../src/upstream/target.js'
import { encodeStartup } from '../../src/wire/startup.js'
import { makeWorld, type Member, type World } from '../support/world.js'

/** Whether 127.0.0.1 is in it. */
const NETWORKS: readonly [text: string, holdsUs: boolean][] = [
  ['127.0.0.1', true],
  ['127.0.0.0/8', true],
  ['0.0.0.0/0', true],
  ['::ffff:127.0.0.1', true],
  ['::FFFF:7f00:1/128', true],
  ['::ffff:127.0.0.0/104', true],
  ['0:0:0:0:0:ffff:0:0/96', true],
  ['::/0', false],
  ['::1', false],
  ['FD00::/8', false],
  ['10.0.0.0/8', false],
]

const MISTAKES = [
  '127.0.0.0/08',
  '127.0.0.0/33',
  '127.0.0.0/-1',
  '127.0.0.0/',
  '127.0.0.0/8/8',
  '127.0.0.1/8',
  '127.1',
  '0177.0.0.1',
  '::ffff:127.0.0.0/8',
  '::ffff:127.0.0.0/95',
  '::/129',
  '2001:db8::1/32',
  'fe80::1%eth0',
  'fe80::%eth0/64',
  ' 127.0.0.0/8',
  'localhost',
]

/** Where requests and connections claim to be from. */
const CLAIMED = '203.0.113.7'

void t.test('what is no network is refused wherever one can be given', async t => {
  const world = await makeWorld(t, { only: 'both' })
  const admin = await world.key(world.admin)
  for (const text of MISTAKES) {
    t.match(problemsOf({ listener: [text] }), [{ setting: 'listeners[0].trusted_proxies', given: text }], text)
    t.match(problemsOf({ api: [text] }), [{ setting: 'api.trusted_proxies', given: text }], text)
    t.match(
      await createAccount(world, admin, [text]),
      { status: 400, problem: { errors: [{ field: 'allow_from[0]' }] } },
      `allow_from: ${text}`,
    )
  }
})

void t.test('what is one holds the same addresses wherever it is given', async t => {
  const world = await makeWorld(t, { only: 'both' })
  const admin = await world.key(world.admin)
  const pinned = { role: 'reader', databaseIds: [world.database.id], makerId: world.admin.id } as const
  const away = await withTransaction(world.store, tx =>
    createPinnedAccount(tx, { ...pinned, name: 'away', allowFrom: [`${CLAIMED}/32`] }),
  )
  const traveller = await world.key(away)
  for (const [nth, [text, holdsUs]] of NETWORKS.entries()) {
    t.equal(isWithin('127.0.0.1', [text]), holdsUs, `isWithin: ${text}`)
    t.equal(isWithin('::ffff:127.0.0.1', [text]), holdsUs, `isWithin, mapped: ${text}`)
    t.ok(settings({ listener: [text], api: [text] }), `settings: ${text}`)

    const { status, problem } = await createAccount(world, admin, [text], `robot-at-${String(nth)}`)
    t.equal(status, 201, `allow_from: ${text} ${JSON.stringify(problem)}`)
    const home = await keyOf(world, `robot-at-${String(nth)}`)
    t.equal(await isLetIn(world.instance, home), holdsUs, `allow_from at the API: ${text}`)

    const listener = { host: '127.0.0.1', port: 0, tls: 'off', trusted_proxies: [text] }
    const instance = await world.another({
      only: 'both',
      env: {
        POSTERN_LISTENERS: JSON.stringify([listener]),
        POSTERN_API_TRUSTED_PROXIES: JSON.stringify([text]),
      },
    })
    const forwarded = { 'x-forwarded-for': CLAIMED }
    t.equal(await isLetIn(instance, traveller, forwarded), holdsUs, `X-Forwarded-For from ${text}`)
    t.equal(await takesProxyHeader(instance), holdsUs, `PROXY protocol from ${text}`)
    await instance.stop()
  }
})

void t.test('an address that a trusted proxy forwards is judged by the same parser', async t => {
  const world = await makeWorld(t, {
    only: 'both',
    env: { POSTERN_API_TRUSTED_PROXIES: '["127.0.0.1", "10.0.0.0/8"]' },
  })
  const pinned = { role: 'reader', databaseIds: [world.database.id], makerId: world.admin.id } as const
  const account = await withTransaction(world.store, tx =>
    createPinnedAccount(tx, { ...pinned, name: 'away', allowFrom: [`${CLAIMED}/32`] }),
  )
  const away = await world.key(account)
  const forwardedFor = (list: string) => isLetIn(world.instance, away, { 'x-forwarded-for': list })
  for (const hop of ['10.1.2.3', '::ffff:10.1.2.3', '::FFFF:a01:203']) {
    t.equal(await forwardedFor(`${CLAIMED}, ${hop}`), true, `through ${hop}`)
  }
  t.equal(await forwardedFor('::ffff:203.0.113.7'), true, 'the mapped form of the address')
  for (const hop of ['11.1.2.3', '012.1.2.3', '10.1', 'unknown']) {
    t.equal(await forwardedFor(`${CLAIMED}, ${hop}`), false, `through ${hop}`)
  }
})

void t.test('one set of hosts is loopback wherever that decides something', async t => {
  const hosts: [host: string, isLoopback: boolean][] = [
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['::FFFF:7f00:1', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['::2', false],
    ['::ffff:10.0.0.1', false],
    ['127.evil.example', false],
    ['localhost.example', false],
  ]
  for (const [host, expected] of hosts) {
    const inUrl = host.includes(':') ? `[${host}]` : host
    t.equal(isLoopbackHost(host), expected, `isLoopbackHost: ${host}`)
    t.equal(isLoopbackHost(inUrl), expected, `isLoopbackHost: ${inUrl}`)
    t.equal(isExposed(`http://${inUrl}:8080`), !expected, `the token sent to an API: ${host}`)
    const { target } = parseDatabaseUrl(`postgres://me@${inUrl}/shop`, () => '')
    t.equal(target.sslMode, expected ? 'prefer' : 'verify-full', `the sslmode of a database: ${host}`)
    const mistakes = expected ? [] : [{ setting: 'listeners[0].auth' }]
    const found = problemsOf({ host, auth: 'password' })
    t.match(found, mistakes, `a password listener without TLS: ${host}`)
    t.equal(found.length, mistakes.length, host)
  }
})

interface Wanted {
  listener?: readonly string[]
  api?: readonly string[]
  host?: string
  auth?: string
}

function settings({ listener = [], api = [], host = '127.0.0.1', auth = 'scram' }: Wanted) {
  return loadSettings({
    env: {
      POSTERN_STORE_URL: 'postgres://me@127.0.0.1/postern',
      POSTERN_SECRET_KEY: Buffer.alloc(32).toString('base64'),
      POSTERN_LISTENERS: JSON.stringify([{ host, port: 0, tls: 'off', auth, trusted_proxies: listener }]),
      POSTERN_API_TRUSTED_PROXIES: JSON.stringify(api),
    },
  })
}

function problemsOf(wanted: Wanted): SettingsError['problems'] {
  try {
    settings(wanted)
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
}

async function keyOf(world: World, name: string): Promise<Member> {
  const { value } = await world.instance.knowledge.accountRecords.loadAccount(name)
  return world.key({ id: value?.id ?? '', name })
}

async function createAccount({ instance }: World, { token }: Member, allowFrom: string[], name = 'robot') {
  const answer = await fetch(`${instance.api ?? ''}/v1/service-accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      allow_from: allowFrom,
      scope: { type: 'pinned', role: 'reader', databases: ['shop'] },
    }),
  })
  return { status: answer.status, problem: (await answer.json()) as object }
}

/** Whether the API takes the token. */
async function isLetIn({ api }: Instance, { token }: Member, headers: Record<string, string> = {}): Promise<boolean> {
  const answer = await fetch(`${api ?? ''}/v1/me`, { headers: { authorization: `Bearer ${token}`, ...headers } })
  if (answer.status !== 200 && answer.status !== 401) throw new Error(await answer.text())
  return answer.ok
}

/** Whether the proxy believes a header that comes before the start-up packet. If not, it is an impossible start-up length,
 * and the connection is closed without an answer. */
async function takesProxyHeader({ proxy }: Instance): Promise<boolean> {
  const socket = net.connect(proxy[0]?.port ?? 0, '127.0.0.1')
  socket.write(`PROXY TCP4 ${CLAIMED} 192.0.2.1 54321 6432\r\n`)
  socket.write(encodeStartup({ minor: 0, parameters: new Map([['user', 'robot']]) }))
  const first = await Promise.race([
    once(socket, 'data').then(([bytes]) => (bytes as Buffer).toString('latin1', 0, 1)),
    once(socket, 'end').then(() => null),
  ])
  socket.destroy()
  return first === 'R'
}
