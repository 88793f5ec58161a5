// Invitations: a link that lets one person in, once, for a time.

import t from 'tap'
import { listAuditEvents } from '../../src/store/audit.js'
import { makeAdminLink } from '../../src/compose/first-admin.js'
import { Browser, givePassword, PASSWORD, signedIn } from './console.js'
import { worlds, type Person, type World } from './fixture.js'

const makeWorld = await worlds(t)

interface Invited {
  invitation: { id: string; email: string; state: string }
  url: string
  token: string
}

async function invite(world: World, admin: Person, email = 'new@example.com', orgRole = 'member'): Promise<Invited> {
  const response = await world.ask('POST', '/v1/invitations', admin.token, { email, org_role: orgRole })
  if (response.statusCode !== 201) throw new Error(response.payload)
  return response.json<Invited>()
}

function accept(world: World, token: string, password = PASSWORD, browser = new Browser(world)) {
  return browser.ask('POST', '/v1/invitations/accept', { token, password })
}

async function stateOf(world: World, admin: Person, { invitation }: Invited): Promise<unknown> {
  const response = await world.ask('GET', `/v1/invitations/${invitation.id}`, admin.token)
  return response.json<{ state: string }>().state
}

void t.test('whoever holds the link chooses a password, and is in', async t => {
  const world = await makeWorld(t, { console: { publicUrl: 'https://console.example.com' } })
  const admin = await world.person('admin@example.com', 'admin')
  const invited = await invite(world, admin, 'New@Example.com', 'viewer')
  t.equal(invited.url, `https://console.example.com/invitation#${invited.token}`)
  t.match(invited.invitation, {
    email: 'new@example.com',
    org_role: 'viewer',
    state: 'pending',
    invited_by: admin.account.name,
  })

  const browser = new Browser(world)
  const accepted = await accept(world, invited.token, PASSWORD, browser)
  t.match(accepted.json(), { account: { name: 'new@example.com', org_role: 'viewer' } })
  t.equal((await browser.ask('GET', '/v1/users')).statusCode, 200, 'signed in, as a viewer')
  t.equal((await new Browser(world).login('new@example.com')).statusCode, 200)
  t.equal(await stateOf(world, admin, invited), 'accepted')
  const { items } = await listAuditEvents(world.store, {}, { limit: 9 })
  const told = items.filter(({ action }) => action.startsWith('invitation.'))
  t.match(told, [
    { action: 'invitation.accept', actor: 'new@example.com', via: 'console', target: 'new@example.com' },
    { action: 'invitation.create', actor: admin.account.name, target: 'new@example.com' },
  ])
  t.notMatch(JSON.stringify(items), invited.token)
})

void t.test('the link is of the address that was called, when no public one is set', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await givePassword(world, admin.account)
  const browser = await signedIn(world, admin.account)
  const made = await browser.ask('POST', '/v1/invitations', { email: 'new@example.com', org_role: 'member' })
  t.match(made.json(), { url: /^http:\/\/postern\.test\/invitation#[\w-]{43}$/ })
})

void t.test('used, taken back, replaced, expired and never made are one answer', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const used = await invite(world, admin, 'used@example.com')
  await accept(world, used.token)
  const revoked = await invite(world, admin, 'revoked@example.com')
  t.match((await world.ask('DELETE', `/v1/invitations/${revoked.invitation.id}`, admin.token)).json(), {
    state: 'revoked',
  })
  const replaced = await invite(world, admin, 'again@example.com')
  const again = await invite(world, admin, 'again@example.com')
  const expired = await invite(world, admin, 'expired@example.com')
  await world.store.run(
    'let time pass',
    "update postern.invitations set expires_at = now() - interval '1 second' where id = $1",
    [expired.invitation.id],
  )
  t.equal(await stateOf(world, admin, expired), 'expired')
  const answers = new Set<string>()
  for (const token of [used.token, revoked.token, replaced.token, expired.token, 'x'.repeat(43), 'x']) {
    const response = await accept(world, token)
    const { instance: _instance, ...answer } = response.json<Record<string, unknown>>()
    answers.add(JSON.stringify(answer))
    t.match(answer, { status: 401, code: 'invitation_refused' })
  }
  t.equal(answers.size, 1)
  t.equal((await accept(world, again.token)).statusCode, 200)
})

void t.test('two who accept at the same moment make one account', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const { token } = await invite(world, admin)
  const answers = await Promise.all([1, 2, 3].map(n => accept(world, token, `${PASSWORD} ${n}`)))
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [200, 401, 401])
})

void t.test('a weak password does not use the link up', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const { token } = await invite(world, admin)
  t.match((await accept(world, token, 'short')).json(), { code: 'invalid_request', errors: [{ field: 'password' }] })
  t.equal((await accept(world, token)).statusCode, 200)
})

void t.test('guessing links is limited by network', async t => {
  const world = await makeWorld(t, { console: { failuresPerAddress: 2 } })
  for (let n = 0; n < 2; n++) t.equal((await accept(world, 'x'.repeat(43))).statusCode, 401)
  t.match((await accept(world, 'x'.repeat(43))).json(), { status: 429, code: 'too_many_failures' })
})

void t.test('who has an account can not be invited, nor what is no e-mail address of a person', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const ask = async (email: string) =>
    (await world.ask('POST', '/v1/invitations', admin.token, { email, org_role: 'member' })).json<object>()
  t.match(await ask('ADMIN@example.com'), { status: 409, code: 'user_exists' })
  for (const email of ['nobody', 'a b@example.com', 'robot@service.postern.invalid', 'a@b@c', 'a\u0007@example.com']) {
    t.match(await ask(email), { code: 'invalid_request', errors: [{ field: 'email' }] }, email)
  }
})

void t.test('an invitation that was accepted can not be taken back', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const invited = await invite(world, admin)
  await accept(world, invited.token)
  const response = await world.ask('DELETE', `/v1/invitations/${invited.invitation.id}`, admin.token)
  t.match(response.json(), { code: 'invitation_not_found' })
})

void t.test('the list has every invitation in pages, the newest first', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  for (const name of ['a', 'b', 'c']) await invite(world, admin, `${name}@example.com`)
  const page = async (query: string) =>
    (await world.ask('GET', `/v1/invitations?limit=2${query}`, admin.token)).json<{
      items: { email: string }[]
      next_cursor: string | null
    }>()
  const first = await page('')
  const second = await page(`&cursor=${first.next_cursor}`)
  t.strictSame(
    [...first.items, ...second.items].map(({ email }) => email[0]),
    ['c', 'b', 'a'],
  )
  t.equal(second.next_cursor, null)
})

void t.test('a link of `migrate --admin --link` sets the password of an admin who has an account', async t => {
  const world = await makeWorld(t)
  const terms = { baseUrl: 'http://127.0.0.1:8080', expiresInMs: 60_000 }
  const { secret: first } = await makeAdminLink(world.store, 'ada@example.com', terms)
  const [, token = ''] = first.split('#')
  t.match((await accept(world, token)).json(), { account: { name: 'ada@example.com', org_role: 'admin' } })

  const [, next = ''] = (await makeAdminLink(world.store, 'ada@example.com', terms)).secret.split('#')
  t.equal((await accept(world, next, 'another good password')).statusCode, 200)
  t.equal((await new Browser(world).login('ada@example.com')).statusCode, 401, 'the old password is over')
  t.equal((await new Browser(world).login('ada@example.com', 'another good password')).statusCode, 200)
  const { items } = await listAuditEvents(world.store, { action: 'invitation.create' }, { limit: 9 })
  t.match(items, [{ actor: null, via: 'system' }, { target: 'ada@example.com' }])
})

void t.test('a person who forgot their password chooses another by a link, and is signed out elsewhere', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const { account } = await world.person('ada@example.com', 'viewer')
  await givePassword(world, account)
  const elsewhere = await signedIn(world, account)
  const path = '/v1/users/ada%40example.com'
  const link = async () => (await world.ask('POST', `${path}/password-link`, admin.token)).json<Invited>()
  const first = await link()
  t.equal((await elsewhere.ask('GET', '/v1/me')).statusCode, 200, 'nothing has happened yet')
  t.match((await accept(world, first.token, 'another good password')).json(), { account: { org_role: 'viewer' } })
  t.match((await elsewhere.ask('GET', '/v1/me')).json(), { code: 'session_ended' })
  t.equal((await new Browser(world).login(account.name, 'another good password')).statusCode, 200)

  const second = await link()
  await world.ask('POST', `${path}/deactivate`, admin.token)
  t.match((await accept(world, second.token)).json(), { code: 'invitation_refused' })
  t.match(await link(), { status: 409, code: 'user_deactivated', detail: /^ada@example\.com is deactivated/ })
  const unknown = await world.ask('POST', '/v1/users/zed%40example.com/password-link', admin.token)
  t.match(unknown.json(), { code: 'user_not_found', detail: /zed@example\.com/ })
  await world.ask('DELETE', path, admin.token)
  t.match((await accept(world, second.token)).json(), { code: 'invitation_refused' }, 'deleted is for good')
})
