// Where an upstream database is and how to speak to it, and how to read that from a connection URL.
// Manual, libpq, "Connection URIs".

import { parse } from 'pg-connection-string'
import { isLoopbackHost } from '../model/network.js'

/** libpq's sslmode values without `allow`, which tries plaintext first (manual, "SSL Support"). */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

const SSL_MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] satisfies SslMode[]

export interface Target {
  /** A host name, an address, or a directory that begins with `/` and holds the server's Unix socket. */
  readonly host: string
  readonly port: number
  /** Ignored for a Unix socket, which has no TLS. */
  readonly sslMode: SslMode
  /** PEM of the certificate authorities to trust, or null for those that Node trusts. */
  readonly sslRootCert: string | null
}

export interface DatabaseUrl {
  readonly target: Target
  readonly dbname: string
  readonly user: string
  /** Empty when the URL has none. */
  readonly password: string
}

/** Says what is wrong with a connection URL, and where; never holds the URL, which may hold a password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError'
  /** The part of the URL: `host`, `sslmode` … or `url` for the whole. */
  readonly parameter: string

  constructor(parameter: string, message: string) {
    super(`database URL: ${message}`)
    this.parameter = parameter
  }
}

const DEFAULT_PORT = 5432

const PARAMETERS: readonly string[] = ['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert']

/** Returns whether the target is a Unix socket. */
export function isUnixSocket({ host }: Pick<Target, 'host'>): boolean {
  return host.startsWith('/')
}

/** Returns host and port as people write them: `db.example:5432`, `[::1]:5432`. */
export function addressText({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Parses `postgres://user:password@host:port/dbname?sslmode=…&sslrootcert=FILE`; a Unix socket's directory goes into
 * `?host=`. Without `sslmode` it is `verify-full`, or `prefer` on loopback and Unix sockets. `sslrootcert=system` and
 * none mean the authorities that Node trusts.
 * @param readFile reads the file that `sslrootcert` names; may throw a DatabaseUrlError of its own
 * @param rootCert PEM that takes the place of such a file
 * @throws DatabaseUrlError also for a parameter that Postern does not know: ignoring `channel_binding=require`, say,
 * would give less safety than was asked for
 */
export function parseDatabaseUrl(
  url: string,
  readFile: (path: string) => string,
  rootCert: string | null = null,
): DatabaseUrl {
  if (!/^postgres(ql)?:\/\//.test(url)) throw new DatabaseUrlError('url', 'it must begin with postgres://')
  const [base = '', queryText = ''] = url.split(/\?(.*)/s, 2)
  const query = new URLSearchParams(queryText)
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw new DatabaseUrlError(name, `unknown parameter ${name}; known are ${PARAMETERS.join(', ')}`)
    }
  }
  const take = (name: string) => {
    const value = query.get(name)
    query.delete(name)
    return value
  }
  // Taken out first: the library would read the file itself, and gives the modes other meanings than libpq.
  const [sslMode, sslRootCert, dbname] = [take('sslmode'), take('sslrootcert'), take('dbname')]
  const parsed = parseBase(`${base}?${query.toString()}`)
  const certificate = rootCert ?? (isFile(sslRootCert) ? readCertificate(sslRootCert, readFile) : null)
  const host = checkedHost(parsed.host ?? '')
  const user = parsed.user ?? ''
  if (user === '') throw new DatabaseUrlError('user', 'it names no user')
  const target = { host, port: checkedPort(parsed.port ?? ''), ...tlsOf(host, sslMode, certificate) }
  return { target, dbname: dbname ?? (parsed.database || user), user, password: parsed.password ?? '' }
}

function parseBase(url: string): ReturnType<typeof parse> {
  try {
    return parse(url)
  } catch {
    // The library's error is dropped: it may show parts of the URL.
    throw new DatabaseUrlError('url', 'it can not be read; characters such as @ : / ? # % are written as %40 and so on')
  }
}

function checkedHost(host: string): string {
  if (host === '') throw new DatabaseUrlError('host', 'it names no host')
  if (host.includes(',')) throw new DatabaseUrlError('host', 'it names several hosts; one is supported')
  return host
}

function checkedPort(text: string): number {
  const port = text === '' ? DEFAULT_PORT : Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DatabaseUrlError('port', 'port must be 1 to 65535')
  return port
}

function tlsOf(host: string, mode: string | null, sslRootCert: string | null): Pick<Target, 'sslMode' | 'sslRootCert'> {
  const sslMode = mode ?? (isNear(host) ? 'prefer' : 'verify-full')
  if (!isSslMode(sslMode)) throw new DatabaseUrlError('sslmode', `sslmode must be one of ${SSL_MODES.join(', ')}`)
  // Anyone can have a certificate of a public authority: without the name it proves nothing. libpq refuses it too.
  if (sslMode === 'verify-ca' && sslRootCert === null) {
    throw new DatabaseUrlError('sslrootcert', 'sslmode=verify-ca needs sslrootcert; or use verify-full')
  }
  return { sslMode, sslRootCert }
}

function isFile(sslRootCert: string | null): sslRootCert is string {
  return sslRootCert !== null && sslRootCert !== 'system'
}

function readCertificate(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path)
  } catch (error) {
    if (error instanceof DatabaseUrlError) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    throw new DatabaseUrlError('sslrootcert', `sslrootcert: reading ${path}: ${reason}`)
  }
}

function isSslMode(mode: string): mode is SslMode {
  return SSL_MODES.includes(mode)
}

function isNear(host: string): boolean {
  return isUnixSocket({ host }) || isLoopbackHost(host)
}
