// Postgres URLs as far as the command must understand them: who logs in, and which file is on this machine. The rest is
// the API's to judge. Form: PostgreSQL manual, libpq, "Connection URIs".

import { usageError } from './command-error.js'

export interface PostgresUrl {
  readonly scheme: string
  /** null: none is named, before the `@` or as a parameter. */
  readonly user: string | null
  /** null: none is given, before the `@` or as a parameter. */
  readonly password: string | null
  /** Server and database, as they were written. */
  readonly place: string
  /** The file of `sslrootcert`; null: none, or the system's authorities. */
  readonly rootCertFile: string | null
  /** All other parameters, as they were written. */
  readonly parameters: readonly string[]
}

// libpq looks for the `@` up to the first `/`, so neither may stand in a user name or password unencoded.
const FORM = /^(postgres(?:ql)?:\/\/)(?:([^:@/?]*)(?::([^@/?]*))?@)?([^?]*)(?:\?(.*))?$/s

const TAKEN = ['user', 'password', 'sslrootcert']

/** Parses a URL.
 * @param option names it in errors; the URL itself is never shown.
 * @throws CommandError */
export function parsePostgresUrl(url: string, option: string): PostgresUrl {
  const [, scheme, user, password, place, query = ''] = FORM.exec(url) ?? []
  if (scheme === undefined || place === undefined) {
    throw usageError(`${option} is not a Postgres URL`, 'as in postgres://user@host:5432/database?sslmode=verify-full')
  }
  const parameters = query.split('&').filter(parameter => parameter !== '')
  const take = (name: string): string | null => {
    const found = parameters.find(parameter => nameOf(parameter) === name)
    return found ? decode(found.slice(name.length + 1), option) || null : null
  }
  const rootCert = take('sslrootcert')
  return {
    scheme,
    user: (user ? decode(user, option) : null) ?? take('user'),
    password: (password ? decode(password, option) : null) ?? take('password'),
    place,
    rootCertFile: rootCert === 'system' ? null : rootCert,
    parameters: parameters.filter(parameter => !TAKEN.includes(nameOf(parameter))),
  }
}

/** Writes a URL for the API: who logs in stands in `user` and `password` parameters, which work for Unix sockets too. The
 * file of `sslrootcert` is left out: the API has another file system. */
export function formatPostgresUrl({ scheme, place, parameters, user, password }: PostgresUrl): string {
  const login = Object.entries({ user, password }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  const query = [...login, ...parameters].join('&')
  return scheme + place + (query && `?${query}`)
}

function nameOf(parameter: string): string {
  return parameter.split('=', 1)[0] ?? ''
}

function decode(text: string, option: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw usageError(`${option} has a % that encodes nothing`, 'write a % in a user name or password as %25')
  }
}
