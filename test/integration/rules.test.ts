// The rules of accounts, keys, groups and grants, one after the other, as a story: what the API answers, and what then
// becomes of a live session and of the next login with psql. `explain` has to agree with every login.

import t, { type Test } from 'tap'
import type { Role } from '../../src/auth/account.js'
import { seen, until } from '../proxy/observe.js'
import { watchSecret } from '../support/leak-watch.js'
import type { RunningProgram } from '../support/tools.js'
import { makeWorld, type World } from '../support/world.js'
import { psql, startPsql, withoutPsql } from './psql.js'
import { environment } from './shop.js'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Step {
  readonly rule: string
  /** Who asks the API. Default: the admin. `nobody`: without a login. */
  readonly as?: 'admin' | 'ada' | 'vera' | 'nobody'
  /** `KEY:crew` in a path is the id of that account's key, `TOKEN:crew` in a body its token. */
  readonly ask: readonly [Method, string, object?]
  readonly answer: number
  /** The code of the problem, and what its text has to name. */
  readonly problem?: readonly [string, RegExp?]
  /** The account whose session and login are looked at. */
  readonly account: string
  /** What the session that was open before is told, or `stays`. Left out: there is none. */
  readonly session?: 'stays' | RegExp
  /** The role of the next login, or what psql is told. */
  readonly login: Role | RegExp
}

const REJECTED = /FATAL: {2}password authentication failed/
const DENIED = /FATAL: {2}no such database, or the account may not use it/
const CHANGED = /session ended: access to the database changed/
const pinned = (role: Role, databases = ['shop']) => ({ type: 'pinned', role, databases })

const STEPS: readonly Step[] = [
  {
    rule: 'a person without a grant reaches nothing',
    ask: ['GET', '/v1/databases/shop/connect?account=ada%40example.com'],
    answer: 409,
    problem: ['no_access'],
    account: 'ada@example.com',
    login: DENIED,
  },
  {
    rule: 'and makes no account that does',
    as: 'ada',
    ask: ['POST', '/v1/service-accounts', { name: 'robot', scope: pinned('reader') }],
    answer: 403,
    problem: ['role_above_cap', /shop/],
    account: 'ada@example.com',
    login: DENIED,
  },
  {
    rule: 'a grant holds from the next login',
    ask: ['PUT', '/v1/databases/shop/grants/ada%40example.com', { role: 'writer' }],
    answer: 200,
    account: 'ada@example.com',
    login: 'writer',
  },
  {
    rule: 'a pinned role is capped by the least role of its maker, and the database that sets the cap is named',
    as: 'ada',
    ask: ['POST', '/v1/service-accounts', { name: 'robot', scope: pinned('admin') }],
    answer: 403,
    problem: ['role_above_cap', /writer on shop/],
    account: 'ada@example.com',
    session: 'stays',
    login: 'writer',
  },
  {
    rule: 'within the cap it is made',
    as: 'ada',
    ask: ['POST', '/v1/service-accounts', { name: 'robot', scope: pinned('writer') }],
    answer: 201,
    account: 'robot',
    login: 'writer',
  },
  {
    rule: 'a pinned scope never changes',
    ask: ['PATCH', '/v1/service-accounts/robot', { description: 'More, please.' }],
    answer: 409,
    problem: ['scope_immutable'],
    account: 'robot',
    session: 'stays',
    login: 'writer',
  },
  {
    rule: 'a viewer changes nothing',
    as: 'vera',
    ask: ['POST', '/v1/service-accounts/robot/disable'],
    answer: 403,
    problem: ['permission_denied'],
    account: 'robot',
    session: 'stays',
    login: 'writer',
  },
  {
    rule: 'a maker who is demoted takes it from what they made',
    ask: ['PUT', '/v1/databases/shop/grants/ada%40example.com', { role: 'reader' }],
    answer: 200,
    account: 'robot',
    session: CHANGED,
    login: 'reader',
  },
  {
    rule: 'a maker who loses the database too',
    ask: ['DELETE', '/v1/databases/shop/grants/ada%40example.com'],
    answer: 204,
    account: 'robot',
    session: CHANGED,
    login: DENIED,
  },
  {
    rule: 'a groups-scoped account is made by admins only',
    as: 'ada',
    ask: ['POST', '/v1/service-accounts', { name: 'crew', scope: { type: 'groups', groups: ['readers'] } }],
    answer: 403,
    account: 'robot',
    login: DENIED,
  },
  {
    rule: 'and reaches what its groups give',
    ask: ['POST', '/v1/service-accounts', { name: 'crew', scope: { type: 'groups', groups: ['readers'] } }],
    answer: 201,
    account: 'crew',
    login: 'reader',
  },
  {
    rule: 'of two groups the higher role counts, from the next login on',
    ask: ['PUT', '/v1/groups/writers/members/crew'],
    answer: 200,
    account: 'crew',
    session: 'stays',
    login: 'writer',
  },
  {
    rule: 'a group that is left takes what it gave',
    ask: ['DELETE', '/v1/groups/writers/members/crew'],
    answer: 204,
    account: 'crew',
    session: CHANGED,
    login: 'reader',
  },
  {
    rule: 'the last group of a service account can not be left',
    ask: ['DELETE', '/v1/groups/readers/members/crew'],
    answer: 409,
    problem: ['needs_group'],
    account: 'crew',
    session: 'stays',
    login: 'reader',
  },
  {
    rule: 'nor deleted',
    ask: ['DELETE', '/v1/groups/readers'],
    answer: 409,
    problem: ['needs_group', /crew/],
    account: 'crew',
    session: 'stays',
    login: 'reader',
  },
  {
    rule: "a group's grant that is taken away ends what depended on it",
    ask: ['DELETE', '/v1/groups/readers/grants/shop'],
    answer: 204,
    account: 'crew',
    session: CHANGED,
    login: DENIED,
  },
  {
    rule: "a group's grant that is given holds from the next login",
    ask: ['PUT', '/v1/groups/readers/grants/shop', { role: 'reader' }],
    answer: 200,
    account: 'crew',
    login: 'reader',
  },
  {
    rule: 'a disabled account stops at once',
    ask: ['POST', '/v1/service-accounts/crew/disable'],
    answer: 200,
    account: 'crew',
    session: /session ended: the account was disabled/,
    login: REJECTED,
  },
  {
    rule: 'an enabled one works again',
    ask: ['POST', '/v1/service-accounts/crew/enable'],
    answer: 200,
    account: 'crew',
    login: 'reader',
  },
  {
    rule: 'an admin ends one session, and touches no key',
    ask: ['POST', '/v1/sessions/SESSION/end'],
    answer: 202,
    account: 'crew',
    session: /session ended by an admin/,
    login: 'reader',
  },
  {
    rule: 'an account has no more active keys than it may',
    ask: ['POST', '/v1/accounts/crew/keys', {}],
    answer: 409,
    problem: ['key_limit_reached', /2 active keys/],
    account: 'crew',
    session: 'stays',
    login: 'reader',
  },
  {
    rule: 'whoever holds a token can revoke it, without a login',
    as: 'nobody',
    ask: ['POST', '/v1/keys/revoke', { token: 'TOKEN:crew' }],
    answer: 204,
    account: 'crew',
    session: /session ended: the API key was revoked/,
    login: REJECTED,
  },
  {
    rule: 'a key that is rotated without grace stops at once',
    ask: ['POST', '/v1/keys/KEY:helper/rotate', { grace_minutes: 0 }],
    answer: 201,
    account: 'helper',
    session: /session ended: the API key (was revoked|expired)/,
    login: REJECTED,
  },
  {
    rule: 'a person who is deactivated stops, and what they made',
    ask: ['POST', '/v1/users/max%40example.com/deactivate'],
    answer: 200,
    account: 'mule',
    session: CHANGED,
    login: DENIED,
  },
  {
    rule: 'and both go on when the person comes back',
    ask: ['POST', '/v1/users/max%40example.com/activate'],
    answer: 200,
    account: 'mule',
    login: 'reader',
  },
  {
    rule: 'a person whose accounts live is not deleted without a word on them',
    ask: ['DELETE', '/v1/users/max%40example.com'],
    answer: 409,
    problem: ['owns_service_accounts', /mule/],
    account: 'mule',
    session: 'stays',
    login: 'reader',
  },
  {
    rule: 'a new maker caps them from then on',
    ask: ['DELETE', '/v1/users/max%40example.com?transfer_to=ada%40example.com'],
    answer: 204,
    account: 'mule',
    session: CHANGED,
    login: DENIED,
  },
  {
    rule: 'the last admin stays',
    ask: ['PATCH', '/v1/users/admin%40example.com', { org_role: 'member' }],
    answer: 409,
    problem: ['last_admin'],
    account: 'chief',
    session: 'stays',
    login: 'admin',
  },
  {
    rule: 'all keys of an account are revoked at once',
    ask: ['POST', '/v1/accounts/chief/keys/revoke-all'],
    answer: 200,
    account: 'chief',
    session: /session ended: the API key was revoked/,
    login: REJECTED,
  },
  {
    rule: 'a deleted account is gone for good',
    ask: ['DELETE', '/v1/service-accounts/spare'],
    answer: 204,
    account: 'spare',
    session: /session ended: the account was deleted/,
    login: REJECTED,
  },
  {
    rule: 'a database that is removed takes its sessions with it',
    ask: ['DELETE', '/v1/databases/shop'],
    answer: 200,
    account: 'last',
    session: CHANGED,
    login: DENIED,
  },
]

void t.test('every rule, at the API and at the proxy', { skip: withoutPsql, timeout: 240_000 }, async t => {
  const env = { POSTERN_KEYS_MAX_PER_SERVICE_ACCOUNT: '2', POSTERN_SESSIONS_REPORT: '1s' }
  const world = await makeWorld(t, { only: 'both', env })
  const organization = new Organization(world)
  await organization.begin()
  for (const step of STEPS) await t.test(step.rule, t => walk(t, organization, step))
})

async function walk(t: Test, organization: Organization, step: Step): Promise<void> {
  const { account, session, login } = step
  const live = session === undefined ? null : await organization.connect(t, account)
  const { status, body } = await organization.ask(step)
  t.equal(status, step.answer, JSON.stringify(body).slice(0, 300))
  if (step.problem) {
    const [code, names] = step.problem
    t.equal(body['code'], code)
    if (names) t.match(`${String(body['detail'])} ${JSON.stringify(body)}`, names)
  }
  // psql hears of the end when it waits for an answer.
  if (session instanceof RegExp) {
    live?.say('select pg_sleep(600);')
    await live?.until(session)
  }
  await seen(organization.world)
  const env = environment(organization, await organization.key(account))
  const { code, stdout, stderr } = await psql(env, 'select current_user')
  if (login instanceof RegExp) t.match({ code, stderr }, { code: 2, stderr: login })
  else t.match(stdout, new RegExp(`_${login}\n$`), stderr)
  await agrees(t, organization, account, login)
  if (session === 'stays') {
    live?.say("select 'still here';")
    await live?.until(/still here/)
  }
}

/** What `explain` says of the account is what its login got. */
async function agrees(t: Test, organization: Organization, account: string, login: Step['login']): Promise<void> {
  if (login === REJECTED && account === 'spare') return
  const query = `account=${encodeURIComponent(account)}&database=shop`
  const { status, body } = await organization.asAdmin('GET', `/v1/explain?${query}`)
  t.equal(status, 200, JSON.stringify(body))
  // A key that is revoked says nothing of the account's other keys.
  if (login === REJECTED) return
  t.match(body, login instanceof RegExp ? { allowed: false } : { allowed: true, role: login })
}

type Body = Record<string, unknown>

/** The people and machines of the story, and how each is reached. */
class Organization {
  readonly world: World
  readonly #keys = new Map<string, { name: string; token: string; id: string }>()
  readonly #people = new Map<string, string>()
  /** What the session of this step calls itself. */
  #live = ''
  #lives = 0

  constructor(world: World) {
    this.world = world
  }

  /** What is there before the first step. */
  async begin(): Promise<void> {
    const { admin } = this.world
    this.#people.set('admin', (await this.world.key(admin)).token)
    for (const [name, role] of [
      ['ada', 'member'],
      ['vera', 'viewer'],
      ['max', 'member'],
    ] as const) {
      this.#people.set(name, await this.#invite(`${name}@example.com`, role))
    }
    for (const [group, role] of [
      ['readers', 'reader'],
      ['writers', 'writer'],
    ] as const) {
      await this.#made('POST', '/v1/groups', { name: group })
      await this.#made('PUT', `/v1/groups/${group}/grants/shop`, { role })
    }
    await this.#made('PUT', '/v1/databases/shop/grants/max%40example.com', { role: 'reader' })
    await this.#made('POST', '/v1/service-accounts', { name: 'mule', scope: pinned('reader') }, 'max')
    for (const name of ['helper', 'chief', 'spare', 'last']) {
      await this.#made('POST', '/v1/service-accounts', { name, scope: pinned('admin') })
    }
  }

  /** The account's key, made when it is first needed. */
  async key(account: string): Promise<{ name: string; token: string; id: string }> {
    const known = this.#keys.get(account)
    if (known) return known
    const made = await this.#made('POST', `/v1/accounts/${encodeURIComponent(account)}/keys`, {})
    const { key, token } = made as { key: { id: string }; token: string }
    watchSecret(token)
    const entry = { name: account, token, id: key.id }
    this.#keys.set(account, entry)
    // Its second key, where two are the limit.
    if (account === 'crew') await this.#made('POST', '/v1/accounts/crew/keys', {})
    return entry
  }

  /** Opens a session with psql, and waits until it is in. */
  async connect(t: Test, account: string): Promise<RunningProgram> {
    // A name of its own: sessions of steps before may still be listed.
    this.#live = `live-${++this.#lives}`
    const live = startPsql(t, { ...environment(this, await this.key(account)), PGAPPNAME: this.#live })
    live.say("select 'is in';")
    await live.until(/is in/)
    return live
  }

  async ask({ as = 'admin', ask: [method, path, body], account }: Step): Promise<{ status: number; body: Body }> {
    const { id, token } = path.includes('KEY:') || body ? await this.key(account).catch(() => NO_KEY) : NO_KEY
    const text = body === undefined ? undefined : JSON.stringify(body).replace(/TOKEN:\w+/, token)
    const session = path.includes('SESSION') ? await this.#session(account) : ''
    const url = path.replace(/KEY:\w+/, id).replace('SESSION', session)
    return this.#send(method, url, text, as === 'nobody' ? null : (this.#people.get(as) ?? ''))
  }

  asAdmin(method: Method, path: string, body?: object): Promise<{ status: number; body: Body }> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    return this.#send(method, path, text, this.#people.get('admin') ?? '')
  }

  /** The id of the account's live session, once the instance has reported it. */
  async #session(account: string): Promise<string> {
    let id = ''
    await until('the session is listed', async () => {
      const { body } = await this.asAdmin('GET', `/v1/sessions?account=${account}`)
      const items = body['items'] as { id: string; application: string | null }[]
      id = items.find(item => item.application === this.#live)?.id ?? ''
      return id !== ''
    })
    return id
  }

  async #invite(email: string, role: string): Promise<string> {
    const invited = await this.#made('POST', '/v1/invitations', { email, org_role: role })
    const accept = { token: invited['token'], password: 'a long enough password' }
    await this.#send('POST', '/v1/invitations/accept', JSON.stringify(accept), null)
    return (await this.key(email)).token
  }

  async #made(method: Method, path: string, body: object, as = 'admin'): Promise<Body> {
    const answer = await this.#send(method, path, JSON.stringify(body), this.#people.get(as) ?? '')
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  async #send(method: Method, path: string, body: string | undefined, token: string | null) {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const { api } = this.world.instance
    const response = await fetch(`${api ?? ''}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body }
  }
}

const NO_KEY = { id: '', token: '' }
