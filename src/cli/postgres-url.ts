// Postgres URLs as far as the command must understand them: whether a password is in them, and whose. The rest is the
// API's to judge. Form: PostgreSQL manual, section "Connection URIs".

import { usageError } from './command-error.js'

export interface SplitUrl {
  readonly scheme: string
  /** null: none is named. Decoded. */
  readonly user: string | null
  /** null: none is given, before the `@` or as a parameter. Decoded. */
  readonly password: string | null
  /** All after the `@`: server, database, parameters. */
  readonly rest: string
}

// libpq looks for the `@` up to the first `/`, so neither may stand in a user name or password unencoded.
const POSTGRES_URL = /^(postgres(?:ql)?:\/\/)(?:([^:@/?]*)(?::([^@/?]*))?@)?(.*)$/i

/** Splits a URL.
 * @param option names it in the error; the URL itself is never shown. */
export function splitUrl(url: string, option: string): SplitUrl {
  const [, scheme, user, password, rest] = POSTGRES_URL.exec(url) ?? []
  if (scheme === undefined || rest === undefined) {
    throw usageError(`${option} is not a Postgres URL`, 'as in postgres://user@host:5432/database?sslmode=verify-full')
  }
  const parameter = /[?&]password=([^&]*)/.exec(rest)?.[1]
  return {
    scheme,
    user: user ? decode(user, option) : null,
    password: password ? decode(password, option) : parameter ? decode(parameter, option) : null,
    rest,
  }
}

/** Puts a URL together again, with another password. */
export function withPassword({ scheme, user, rest }: SplitUrl, password: string): string {
  return `${scheme}${encodeURIComponent(user ?? '')}:${encodeURIComponent(password)}@${rest}`
}

/** The URL without who logs in: where the database is. */
export function address({ scheme, rest }: SplitUrl): string {
  return scheme + rest
}

function decode(text: string, option: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw usageError(`${option} has a % that encodes nothing`, 'write a % in a user name or password as %25')
  }
}
