// How people sign in to the console, what is refused, and what nobody learns from it.

import argon2 from 'argon2'
import t from 'tap'
import { ConsoleCookie } from '../../src/api/console-cookie.js'
import { networkOf } from '../../src/model/network.js'
import { Passwords } from '../../src/auth/password.js'
import { deleteAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { withTransaction } from '../../src/store/transaction.js'
import { Browser, givePassword, PASSWORD, signedIn } from './console.js'
import { worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test(
  'a person signs in with e-mail address and password, in either case, and is known by the cookie',
  async t => {
    const world = await makeWorld(t)
    const { account } = await world.person('ada@example.com', 'member')
    await givePassword(world, account)
    const browser = new Browser(world)
    const response = await browser.login('Ada@Example.com')
    t.equal(response.statusCode, 200)
    t.match(response.json(), { account: { email: 'ada@example.com', org_role: 'member' }, expires_at: /Z$/ })
    t.equal(response.headers['cache-control'], 'no-store')
    const me = await browser.ask('GET', '/v1/me')
    t.match(me.json(), { account: { email: 'ada@example.com' }, key: null, csrf_token: browser.csrfToken })

    const { items } = await listAuditEvents(world.store, { action: 'login' }, { limit: 9 })
    t.match(items, [
      { actor: 'ada@example.com', via: 'console', actorKey: null, outcome: 'done', address: '127.0.0.1' },
    ])
  },
)

void t.test('the cookie is for this host and this site only, and for no script', async t => {
  const world = await makeWorld(t)
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  const plain = String((await new Browser(world).login(account.name)).headers['set-cookie'])
  t.match(plain, /^postern=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)

  const secured = await makeWorld(t, { console: { cookie: new ConsoleCookie(true) } })
  const person = await secured.person('ada@example.com', 'member')
  await givePassword(secured, person.account)
  const secure = String((await new Browser(secured).login('ada@example.com')).headers['set-cookie'])
  t.match(secure, /^__Host-postern=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
})

void t.test('the store has the hash of the cookie, not the cookie', async t => {
  const world = await makeWorld(t)
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  const browser = await signedIn(world, account)
  const cookie = browser.cookies.get('postern') ?? ''
  const [row] = await world.store.run<{ text: string }>(
    'look',
    'select s::text as text from postern.console_sessions s',
  )
  t.notMatch(row?.text, Buffer.from(cookie, 'base64url').toString('hex'))
  t.notMatch(row?.text, cookie)
})

void t.test('unknown, wrong, no password yet, disabled and deleted are one answer after one argon2id', async t => {
  const checks: (string | null)[] = []
  class Counted extends Passwords {
    override verify(password: string, hash: string | null): Promise<boolean> {
      checks.push(hash)
      return super.verify(password, hash)
    }
  }
  const world = await makeWorld(t, { console: { passwords: new Counted({ concurrency: 1, maxQueue: 10 }) } })
  const person = async (email: string) => {
    const { account } = await world.person(email, 'member')
    await givePassword(world, account)
    return account
  }
  await person('wrong@example.com')
  await disableAccount(world.store, (await person('disabled@example.com')).id)
  const deleted = await person('deleted@example.com')
  await withTransaction(world.store, tx => deleteAccount(tx, deleted.id))
  await world.person('none@example.com', 'member')
  const tries = [
    ['unknown@example.com', PASSWORD, 'unknown_account'],
    ['wrong@example.com', 'another horse', 'wrong_password'],
    ['none@example.com', PASSWORD, 'no_password'],
    ['disabled@example.com', PASSWORD, 'disabled'],
    ['deleted@example.com', PASSWORD, 'deleted'],
  ] as const
  const answers = new Set<string>()
  for (const [email, password, reason] of tries) {
    const response = await new Browser(world).login(email, password)
    t.equal(response.statusCode, 401)
    t.equal(response.headers['set-cookie'], undefined)
    const { instance, ...answer } = response.json<Record<string, unknown>>()
    answers.add(JSON.stringify([answer, Object.keys(response.headers)]))
    const { items } = await listAuditEvents(world.store, { reference: String(instance) }, { limit: 9 })
    t.match(items, [{ action: 'login', target: email, actor: null, via: 'console', outcome: 'refused', reason }])
  }
  t.equal(answers.size, 1, 'what is said is the same')
  t.equal(checks.length, tries.length, 'each costs one check')
})

void t.test('a person without a password costs the same hash as one with', async t => {
  const verify = argon2.verify
  const costs: string[] = []
  t.intercept(argon2, 'verify', {
    value: (hash: string, ...rest: [string]) => {
      costs.push(/^\$argon2id\$v=\d+\$[^$]+/.exec(hash)?.[0] ?? '')
      return verify(hash, ...rest)
    },
  })
  const passwords = new Passwords({ concurrency: 1, maxQueue: 1 })
  t.equal(await passwords.verify(PASSWORD, null), false)
  t.equal(await passwords.verify(PASSWORD, await passwords.hash(PASSWORD)), true)
  t.equal(costs.length, 2)
  t.equal(costs[0], costs[1])
  t.match(costs[0], 'm=19456,t=2,p=1')
})

void t.test('after too many failures an account has to wait, whether it exists or not', async t => {
  const world = await makeWorld(t, { console: { failuresPerAccount: 3 } })
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  for (const email of ['ada@example.com', 'nobody@example.com']) {
    for (let n = 0; n < 3; n++) t.equal((await new Browser(world).login(email, 'wrong')).statusCode, 401)
    const refused = await new Browser(world).login(email)
    t.equal(refused.statusCode, 429)
    t.match(refused.json(), { code: 'too_many_failures' })
    t.ok(Number(refused.headers['retry-after']) > 890, 'as long as the window has left')
  }
  await world.store.run('let the window end', 'update postern.failures set expire = 1')
  t.equal((await new Browser(world).login('ada@example.com')).statusCode, 200)
})

void t.test('attempts at the same time are no more than attempts in turn', async t => {
  const world = await makeWorld(t, { console: { failuresPerAccount: 3 } })
  const attempts = Array.from({ length: 9 }, () => new Browser(world).login('ada@example.com', 'wrong'))
  const statuses = (await Promise.all(attempts)).map(response => response.statusCode)
  t.strictSame(statuses.sort(), [401, 401, 401, 429, 429, 429, 429, 429, 429])
})

void t.test('only failures count: whoever signs in has their whole budget again', async t => {
  const world = await makeWorld(t, { console: { failuresPerAccount: 2, failuresPerAddress: 3 } })
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  for (let n = 0; n < 5; n++) t.equal((await new Browser(world).login(account.name)).statusCode, 200)
  t.equal((await new Browser(world).login(account.name, 'wrong')).statusCode, 401)
  t.equal((await new Browser(world).login(account.name)).statusCode, 200)
  t.equal((await new Browser(world).login(account.name, 'wrong')).statusCode, 401)
  t.equal((await new Browser(world).login(account.name, 'wrong')).statusCode, 401)
  t.equal((await new Browser(world).login('bob@example.com', 'wrong')).statusCode, 429, 'the network has its own')
})

void t.test('when too many wait to be checked, that is nobody’s failure', async t => {
  const world = await makeWorld(t, {
    console: { failuresPerAccount: 1, passwords: new Passwords({ concurrency: 0, maxQueue: 0 }) },
  })
  for (let n = 0; n < 3; n++) t.match((await new Browser(world).login('ada@example.com')).json(), { code: 'busy' })
})

void t.test('neighbours are one network: IPv4 by 24 bits, IPv6 by 64', async t => {
  t.equal(networkOf('192.0.2.77'), '192.0.2.0/24')
  t.equal(networkOf('::ffff:192.0.2.77'), '192.0.2.0/24')
  for (const address of [
    '2001:db8:1:2::7',
    '2001:0DB8:1:2:3:4:5:6',
    '2001:db8:1:2::192.0.2.1',
    '2001:db8:1:2::%eth0',
  ]) {
    t.equal(networkOf(address), '2001:db8:1:2::/64', address)
  }
  t.equal(networkOf('::1'), '::/64')
  t.equal(networkOf('2001:db8::1'), '2001:db8::/64')
  t.equal(networkOf('fe80::1:2:3:4'), 'fe80::/64')
})

void t.test('a login ends the session that the browser had before', async t => {
  const world = await makeWorld(t)
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  const browser = await signedIn(world, account)
  const before = browser.cookies.get('postern') ?? ''
  await browser.login(account.name)
  t.not(browser.cookies.get('postern'), before)
  const old = new Browser(world)
  old.cookies.set('postern', before)
  const response = await old.ask('GET', '/v1/me')
  t.equal(response.statusCode, 401)
  t.match(response.json(), { code: 'session_ended' })
  t.equal((await browser.ask('GET', '/v1/me')).statusCode, 200)
})

void t.test('a page of another site can not sign anybody in', async t => {
  const world = await makeWorld(t)
  const { account } = await world.person('ada@example.com', 'member')
  await givePassword(world, account)
  const body = { email: account.name, password: PASSWORD }
  const foreign = await new Browser(world).ask('POST', '/v1/login', body, { origin: 'https://evil.example' })
  t.match(foreign.json(), { status: 403, code: 'foreign_origin' })
  const own = await new Browser(world).ask('POST', '/v1/login', body, { origin: 'http://postern.test' })
  t.equal(own.statusCode, 200)
})
