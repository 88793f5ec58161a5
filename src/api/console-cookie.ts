// The cookie of the console: 32 random bytes, of which the store keeps the SHA-256 and the page a token against forged
// requests. RFC 6265bis s.4.1.3.2 (__Host-); OWASP, "Cross-Site Request Forgery Prevention".

import type { FastifyReply, FastifyRequest } from 'fastify'
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET_BYTES = 32
const SECRET_FORM = /^[\w-]{43}$/

export const CSRF_HEADER = 'x-csrf-token'

export class ConsoleCookie {
  readonly #isSecure: boolean

  /** @param isSecure whether people reach the API by https. A browser then sends the cookie to no other host, port or
   * path's owner, and never in clear. */
  constructor(isSecure: boolean) {
    this.#isSecure = isSecure
  }

  get name(): string {
    return this.#isSecure ? '__Host-postern' : 'postern'
  }

  /** Reads the secret; null when there is none, or none that we could have given. */
  read({ cookies }: FastifyRequest): string | null {
    const value = cookies[this.name]
    return value !== undefined && SECRET_FORM.test(value) ? value : null
  }

  set(reply: FastifyReply, secret: string, maxAgeMs: number): void {
    void reply.setCookie(this.name, secret, { ...this.#attributes, maxAge: Math.floor(maxAgeMs / 1000) })
  }

  clear(reply: FastifyReply): void {
    void reply.clearCookie(this.name, this.#attributes)
  }

  get #attributes() {
    return { httpOnly: true, sameSite: 'strict', path: '/', secure: this.#isSecure } as const
  }
}

/** Makes a secret that goes to one person, and the hash of it that stays. */
export function newSecret(): { secret: string; hash: Buffer } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  return { secret, hash: hashSecret(secret) }
}

/** What the store keeps of a secret. Plain SHA-256 is enough: there are 256 random bits to guess. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(Buffer.from(secret, 'base64url')).digest()
}

/** Derives the token that the console's page sends with what changes things: another site can make the browser send the
 * cookie, but not this. */
export function csrfToken(secret: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update('postern csrf').digest('base64url')
}

/** Tells whether a request brings the token, in constant time. */
export function bringsCsrfToken({ headers }: FastifyRequest, token: string): boolean {
  const given = Buffer.from(String(headers[CSRF_HEADER] ?? ''))
  const expected = Buffer.from(token)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
