// A browser for the API's tests: it keeps the cookie that it is given, and sends the token that belongs to it.

import type { LightMyRequestResponse } from 'fastify'
import { Passwords } from '../../src/auth/password.js'
import { setPasswordHash } from '../../src/store/account-lifecycle.js'
import type { Account } from '../../src/store/accounts.js'
import type { World } from './fixture.js'

export const PASSWORD = 'correct horse battery staple'

const passwords = new Passwords({ concurrency: 2, maxQueue: 100 })

export async function givePassword(world: World, account: Account, password = PASSWORD): Promise<void> {
  await setPasswordHash(world.store, account.id, await passwords.hash(password))
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export class Browser {
  readonly #world: World
  readonly cookies = new Map<string, string>()
  csrfToken: string | null = null

  constructor(world: World) {
    this.#world = world
  }

  login(email: string, password = PASSWORD): Promise<LightMyRequestResponse> {
    return this.ask('POST', '/v1/login', { email, password })
  }

  async ask(
    method: Method,
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    const response = await this.#world.app.inject({
      method,
      url,
      headers: { host: 'postern.test', ...(this.csrfToken !== null && { 'x-csrf-token': this.csrfToken }), ...headers },
      cookies: Object.fromEntries(this.cookies),
      ...(body === undefined ? {} : { payload: body }),
    })
    for (const { name, value } of response.cookies) {
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    if (response.statusCode === 200) {
      const answer: unknown = response.json()
      const { csrf_token: token } = answer as { csrf_token?: string }
      if (token) this.csrfToken = token
    }
    return response
  }
}

/** Signs a person in, in a browser of their own. */
export async function signedIn(world: World, account: Account): Promise<Browser> {
  const browser = new Browser(world)
  const response = await browser.login(account.name)
  if (response.statusCode !== 200) throw new Error(response.payload)
  return browser
}
