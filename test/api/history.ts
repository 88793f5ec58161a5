// A history of an organization, for tests: acts of all kinds through the API, at random but from dice, on a few names that
// come back often. It knows all that exists or has existed, and keeps a log from which a failure can be read.

import type { LightMyRequestResponse } from 'fastify'
import type { Dice } from '../support/dice.js'
import { sampleDatabase } from '../store/sample.js'
import type { Person, World } from './fixture.js'
import type { Known } from './read-routes.js'

export const PEOPLE = ['ada@example.com', 'bob@example.com', 'eve@example.com'] as const
export const MACHINES = ['robot', 'nightly', 'etl'] as const
export const GROUPS = ['staff', 'temps'] as const
export const DATABASES = ['shop', 'crm', 'owner/stock'] as const

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export class History {
  readonly known: Known
  readonly log: string[] = []
  /** Of invitations and of links for a password, the newest last. */
  readonly links: string[] = []
  /** Of people and machines, by name: their keys' tokens, the newest last. */
  readonly tokens = new Map<string, string[]>()

  private constructor(
    readonly world: World,
    readonly root: Person,
  ) {
    this.known = {
      'service-accounts': new Set(),
      users: new Set([root.account.name]),
      databases: new Set(),
      groups: new Set(),
      keys: new Set([root.keyId]),
      invitations: new Set(),
      sessions: new Set(),
      instances: new Set(),
    }
  }

  /** Begins with an admin who stays, and some of everything, so that a short history can go far. */
  static async begin(world: World): Promise<History> {
    const history = new History(world, await world.person('root@example.com', 'admin'))
    const { token } = history.root
    for (const name of DATABASES) await history.register(name)
    for (const name of GROUPS) await history.ask('POST', '/v1/groups', token, { name })
    history.known.groups.add('staff').add('temps')
    await history.join('ada@example.com', 'member')
    await history.ask('PUT', `/v1/groups/staff/members/${encodeURIComponent('ada@example.com')}`, token)
    for (const name of DATABASES) {
      await history.ask('PUT', `/v1/groups/staff/grants/${encodeURIComponent(name)}`, token, { role: 'writer' })
    }
    await history.make('robot', 'ada@example.com', { type: 'pinned', role: 'reader', databases: ['shop'] })
    await history.make('etl', 'ada@example.com', { type: 'pinned', role: 'writer', databases: ['crm'] })
    await history.make('nightly', 'root@example.com', { type: 'groups', groups: ['staff'] })
    return history
  }

  /** Sends a request with this token, and logs it. */
  async ask(method: Method, url: string, token: string | null, body?: object): Promise<LightMyRequestResponse> {
    const request = `${method} ${url}${body ? ` ${JSON.stringify(body)}` : ''}`
    const response = await this.#send(request, () => this.world.ask(method, url, token, body))
    this.log.push(`${request}: ${response.statusCode}`)
    return response
  }

  /** Reads with this token. Reads change nothing, so they are not logged. */
  read(url: string, token: string): Promise<LightMyRequestResponse> {
    return this.#send(`GET ${url}`, () => this.world.ask('GET', url, token))
  }

  /** A refusal is an answer like any other; a defect is an error that carries the whole history. */
  async #send(request: string, send: () => Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> {
    try {
      const response = await send()
      if (response.statusCode >= 500) throw new Error(response.payload)
      return response
    } catch (error) {
      const causes = this.world.logged.map(({ err }: { err?: unknown }) => String(err))
      const story = [...this.log, request, ...causes].join('\n')
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${story}`, { cause: error })
    }
  }

  /** Asks as the admin who stays. */
  act(method: Method, url: string, body?: object): Promise<LightMyRequestResponse> {
    return this.ask(method, url, this.root.token, body)
  }

  /** Changes the store as time or an operator would. */
  async alter(sql: string, values: readonly unknown[] = []): Promise<void> {
    this.log.push(`${sql} ${JSON.stringify(values)}`)
    await this.world.store.run('alter', sql, values)
  }

  /** Registers a database, without a server behind it, if there is none of that name. */
  async register(name: string): Promise<void> {
    const there = await this.read(`/v1/databases/${encodeURIComponent(name)}`, this.root.token)
    if (there.statusCode === 200) return
    this.log.push(`register ${name}`)
    await sampleDatabase(this.world.store, name)
    this.known.databases.add(name)
  }

  /** Invites a person who accepts, and gives them a key. */
  async join(email: string, orgRole: string): Promise<void> {
    await this.invite(email, orgRole)
    await this.accept()
    await this.giveKey(email, {})
  }

  async invite(email: string, orgRole: string): Promise<void> {
    this.took(await this.act('POST', '/v1/invitations', { email, org_role: orgRole }))
    this.known.users.add(email)
  }

  /** Remembers an invitation or a link for a password. */
  took(response: LightMyRequestResponse): void {
    if (response.statusCode !== 201) return
    const { invitation, token } = response.json<{ invitation?: { id: string }; token: string }>()
    if (invitation) this.known.invitations.add(invitation.id)
    this.links.push(token)
  }

  async accept(): Promise<void> {
    const token = this.links.pop() ?? 'none'
    await this.ask('POST', '/v1/invitations/accept', null, { token, password: 'correct horse battery staple' })
  }

  /** Makes a service account as this person, with a key. */
  async make(name: string, maker: string, scope: object, allowFrom: readonly string[] | null = null): Promise<void> {
    const token = this.tokens.get(maker)?.at(-1) ?? this.root.token
    const made = { name, scope, allow_from: allowFrom }
    const { statusCode } = await this.ask('POST', '/v1/service-accounts', token, made)
    if (statusCode !== 201) return
    this.known['service-accounts'].add(name)
    await this.giveKey(name, {})
  }

  async giveKey(account: string, settings: object): Promise<void> {
    const url = `/v1/accounts/${encodeURIComponent(account)}/keys`
    this.gotKey(account, await this.act('POST', url, settings))
  }

  /** Remembers a key that was made. */
  gotKey(account: string, response: LightMyRequestResponse): void {
    if (response.statusCode !== 201) return
    const { key, token } = response.json<{ key: { id: string }; token: string }>()
    this.known.keys.add(key.id)
    this.tokens.set(account, [...(this.tokens.get(account) ?? []), token])
  }

  /** Finds a token that works, of one of these accounts; null: none does. */
  async workingToken(accounts: readonly string[], dice: Dice): Promise<string | null> {
    const tokens = accounts.flatMap(name => this.tokens.get(name)?.slice(-2) ?? [])
    for (let tries = 0; tries < 3 && tokens.length > 0; tries++) {
      const [token = ''] = tokens.splice(dice.below(tokens.length), 1)
      if ((await this.read('/v1/me', token)).statusCode === 200) return token
    }
    return null
  }
}
