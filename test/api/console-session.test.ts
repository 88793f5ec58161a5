// A session in the console: what it lets in, what it needs beside its cookie, and what ends it.

import t from 'tap'
import { disableAccount, enableAccount } from '../../src/store/account-lifecycle.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { pruneConsoleSessions } from '../../src/store/console-sessions.js'
import { Browser, givePassword, PASSWORD, signedIn } from './console.js'
import { worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)
const HOURS = 3_600_000

async function admin(world: World) {
  const person = await world.person('admin@example.com', 'admin')
  await givePassword(world, person.account)
  return person
}

/** Moves the clock of the store forward, for its sessions. */
async function pass(world: World, ms: number): Promise<void> {
  await world.store.run(
    'let time pass',
    `update postern.console_sessions set created_at = created_at - $1::double precision * interval '1 ms',
       last_seen_at = last_seen_at - $1::double precision * interval '1 ms',
       expires_at = expires_at - $1::double precision * interval '1 ms'`,
    [ms],
  )
}

void t.test('the cookie may do what its person may, and the audit log tells it from a key', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  t.equal((await browser.ask('POST', '/v1/groups', { name: 'staff' })).statusCode, 201)
  const { items } = await listAuditEvents(world.store, { action: 'group.create' }, { limit: 9 })
  t.match(items, [{ actor: account.name, via: 'console', actorKey: null, target: 'staff' }])
})

void t.test('what changes things needs the token of the session; what reads does not', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const other = await signedIn(world, account)
  const right = browser.csrfToken ?? ''
  const wrong = [null, '', 'x', `${right}x`, right.slice(1), other.csrfToken]
  for (const token of wrong) {
    browser.csrfToken = token
    const refused = await browser.ask('POST', '/v1/groups', { name: 'staff' })
    t.match(refused.json(), { status: 403, code: 'csrf_token_rejected' }, String(token))
    t.equal((await browser.ask('GET', '/v1/groups')).statusCode, 200)
  }
  const { items } = await listAuditEvents(world.store, { outcome: 'refused' }, { limit: 9 })
  t.equal(items.length, wrong.length, 'a refused attempt is told of')
  t.match(items[0], { actor: account.name, action: 'group.create', reason: 'csrf_token_rejected' })
  browser.csrfToken = right
  t.equal((await browser.ask('POST', '/v1/groups', { name: 'staff' })).statusCode, 201)
})

void t.test('a page of another site changes nothing, even if it had the token', async t => {
  const world = await makeWorld(t, { console: { publicUrl: 'https://console.example.com' } })
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'http://postern.test:8081' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://postern.test' },
  ]
  for (const headers of foreign) {
    const refused = await browser.ask('POST', '/v1/groups', { name: 'staff' }, headers)
    t.match(refused.json(), { code: 'foreign_origin' }, JSON.stringify(headers))
  }
  const own: Record<string, string>[] = [
    { origin: 'http://postern.test', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://console.example.com' },
    { 'sec-fetch-site': 'none' },
  ]
  for (const [n, headers] of own.entries()) {
    t.equal((await browser.ask('POST', '/v1/groups', { name: `own-${n}` }, headers)).statusCode, 201)
  }
})

void t.test('a token of a key wins over a cookie, and needs nothing beside it', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const member = await world.person('ada@example.com', 'member')
  const browser = await signedIn(world, account)
  browser.csrfToken = null
  const headers = { authorization: `Bearer ${member.token}`, origin: 'https://elsewhere.example' }
  t.match((await browser.ask('GET', '/v1/me', undefined, headers)).json(), {
    account: { name: 'ada@example.com' },
    csrf_token: null,
  })
  const admins = await world.key(account)
  const made = await browser.ask(
    'POST',
    '/v1/groups',
    { name: 'staff' },
    { ...headers, authorization: `Key ${admins.token}` },
  )
  t.equal(made.statusCode, 201)
  const broken = await browser.ask('GET', '/v1/me', undefined, { authorization: 'Basic eDp5' })
  t.equal(broken.statusCode, 401, 'a header that is no token is not made good by a cookie')
})

void t.test('a session that is idle for too long ends, one that is used does not', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  for (let n = 0; n < 3; n++) {
    await pass(world, 7.9 * HOURS)
    t.equal((await browser.ask('GET', '/v1/me')).statusCode, 200)
  }
  await pass(world, 8.1 * HOURS)
  t.match((await browser.ask('GET', '/v1/me')).json(), { status: 401, code: 'session_ended' })
})

void t.test('a session ends at its absolute limit, however much it is used', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
    await pass(world, 6 * HOURS)
    t.equal((await browser.ask('GET', '/v1/me')).statusCode, 200)
  }
  await pass(world, 6 * HOURS)
  t.match((await browser.ask('GET', '/v1/me')).json(), { status: 401, code: 'session_ended' })
})

void t.test('that a session was seen is written once a minute', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const version = async () => {
    const sql = 'select xmin::text as version from postern.console_sessions'
    const [row] = await world.store.run<{ version: string }>('look', sql)
    return row?.version
  }
  const before = await version()
  await browser.ask('GET', '/v1/me')
  t.equal(await version(), before)
  await pass(world, 61_000)
  const passed = await version()
  await browser.ask('GET', '/v1/me')
  t.not(await version(), passed)
})

void t.test('signing out ends the session and takes the cookie', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const cookie = browser.cookies.get('postern') ?? ''
  t.equal((await browser.ask('POST', '/v1/logout')).statusCode, 204)
  t.equal(browser.cookies.size, 0)
  browser.cookies.set('postern', cookie)
  t.match((await browser.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
})

void t.test('a disabled person is signed out, and stays so when enabled again', async t => {
  const world = await makeWorld(t)
  await admin(world)
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  const browser = await signedIn(world, account)
  await disableAccount(world.store, account.id)
  t.match((await browser.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  await enableAccount(world.store, account.id)
  t.match((await browser.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  t.equal((await browser.login(account.name)).statusCode, 200)
})

void t.test('people see where they are signed in, and sign out everywhere', async t => {
  const world = await makeWorld(t)
  const { account, token } = await admin(world)
  const here = await signedIn(world, account)
  const there = await signedIn(world, account)
  const { items } = (await here.ask('GET', '/v1/me/sessions')).json<{ items: { current: boolean }[] }>()
  t.strictSame(
    items.map(({ current }) => current),
    [false, true],
    'the newest first',
  )
  t.match(items[0], { address: '127.0.0.1', user_agent: /lightMyRequest/i })
  t.match((await here.ask('POST', '/v1/me/sessions/revoke-all')).json(), { ended: 2 })
  t.equal(here.cookies.size, 0)
  t.match((await there.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  t.equal((await world.ask('GET', '/v1/me', token)).statusCode, 200, 'a key goes on working')
})

void t.test('a new password ends every other session, and the old password', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const here = await signedIn(world, account)
  const there = await signedIn(world, account)
  const before = here.cookies.get('postern')
  const change = { current: PASSWORD, new: 'four words of no kin' }
  t.equal((await here.ask('POST', '/v1/me/password', change)).statusCode, 200)
  t.not(here.cookies.get('postern'), before, 'the session that changed it has a new cookie')
  t.equal((await here.ask('POST', '/v1/groups', { name: 'staff' })).statusCode, 201, 'and goes on')
  t.match((await there.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  t.equal((await there.login(account.name)).statusCode, 401)
  t.equal((await there.login(account.name, change.new)).statusCode, 200)
  const { items } = await listAuditEvents(world.store, { action: 'console.change-password' }, { limit: 9 })
  t.notMatch(JSON.stringify(items), 'words')
})

void t.test('a new password needs the current one, with a budget of failures of its own', async t => {
  const world = await makeWorld(t, { console: { failuresPerAccount: 2 } })
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const wrong = { current: 'a guess', new: 'four words of no kin' }
  for (let n = 0; n < 2; n++) {
    t.match((await browser.ask('POST', '/v1/me/password', wrong)).json(), { status: 403, code: 'wrong_password' })
  }
  const spent = await browser.ask('POST', '/v1/me/password', { ...wrong, current: PASSWORD })
  t.match(spent.json(), { code: 'too_many_failures' })
  t.ok(spent.headers['retry-after'])
  t.equal((await new Browser(world).login(account.name)).statusCode, 200, 'logins have another budget')
})

void t.test('a new password that is easy to guess is refused with what is wrong, and is not repeated', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const browser = await signedIn(world, account)
  const weak = [
    ['brief pass', 'is shorter than 12 characters'],
    ['x'.repeat(129), 'is longer than 128 characters'],
    ['abababababab', 'is made of too few different characters'],
    ['admin@example.com', 'is little more than the e-mail address'],
  ] as const
  for (const [password, problem] of weak) {
    const refused = await browser.ask('POST', '/v1/me/password', { current: PASSWORD, new: password })
    t.match(refused.json(), { code: 'invalid_request', errors: [{ field: 'new', problem }] })
    t.notMatch(refused.payload, password)
  }
})

void t.test('a person is signed in fifty times at most: one more ends the oldest', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const first = await signedIn(world, account)
  await pass(world, 1000)
  for (let n = 0; n < 49; n++) await signedIn(world, account)
  t.equal((await first.ask('GET', '/v1/me')).statusCode, 200)
  const last = await signedIn(world, account)
  t.match((await first.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  t.equal((await last.ask('GET', '/v1/me')).statusCode, 200)
})

void t.test('sessions that are long over are deleted, others are kept', async t => {
  const world = await makeWorld(t)
  const { account } = await admin(world)
  const [over, live] = [await signedIn(world, account), await signedIn(world, account)]
  await over.ask('POST', '/v1/logout')
  await world.store.run(
    'let a day pass',
    "update postern.console_sessions set revoked_at = revoked_at - interval '25 hours' where revoked_at is not null",
  )
  await pruneConsoleSessions(world.store)
  t.equal((await world.store.run('look', 'select from postern.console_sessions')).length, 1)
  t.equal((await live.ask('GET', '/v1/me')).statusCode, 200)
})
