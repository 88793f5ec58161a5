// Lets the API provision and prove databases, through the same upstream code that sessions use.

import { ProvisionerError, type Provisioner, type UpstreamAddress } from '../api/provisioner.js'
import type { DatabaseRecord } from '../auth/database.js'
import { ProvisionError } from '../upstream/provision-error.js'
import { provision } from '../upstream/provision.js'
import { prove } from '../upstream/prove.js'
import { QueryError } from '../upstream/query.js'
import type { StoreIdentity } from '../upstream/store-identity.js'
import { DatabaseUrlError, parseDatabaseUrl, type DatabaseUrl } from '../upstream/target.js'
import { UpstreamError } from '../upstream/upstream-error.js'

/** Makes the provisioner; all its errors are ProvisionerErrors that an admin may read, and what `identifyStore` throws. */
export function createProvisioner(identifyStore: () => Promise<StoreIdentity>): Provisioner {
  return {
    parseUrl: async (url, sslRootCert) => {
      const parsed = parse(url, sslRootCert)
      return { ...addressOf(parsed), user: parsed.user, password: parsed.password }
    },
    provision: ({ name, url, sslRootCert }) =>
      explained(async () => {
        const parsed = parse(url, sslRootCert)
        const { target, dbname, user, password } = parsed
        const admin = { target, dbname, user, password }
        const { logins, notes } = await provision({ name, admin, store: await identifyStore() })
        return { address: addressOf(parsed), logins, notes }
      }),
    prove: database =>
      explained(async () => {
        const { dbname, logins } = database
        return prove({ target: database, dbname, logins, store: await identifyStore() })
      }),
  }
}

function parse(url: string, sslRootCert: string | null): DatabaseUrl {
  try {
    return parseDatabaseUrl(url, refuseFile, sslRootCert)
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    const hint = 'Give a URL like postgres://user:password@host:5432/dbname?sslmode=verify-full.'
    throw new ProvisionerError('bad_url', error.message, hint, error)
  }
}

/** A caller of the API must not make it read files of its machine. */
function refuseFile(): never {
  throw new DatabaseUrlError('sslrootcert', 'send the certificate itself, as ssl_root_cert')
}

function addressOf({ target, dbname }: DatabaseUrl): UpstreamAddress {
  const { host, port, sslMode, sslRootCert } = target
  return { host, port, dbname, sslMode, sslRootCert } satisfies Partial<DatabaseRecord>
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'is_store') {
      throw new ProvisionerError('is_store', error.message, 'Give the URL of another database.', error)
    }
    const hint = hintFor(error)
    if (hint === null) throw error
    throw new ProvisionerError('upstream', (error as Error).message, hint, error)
  }
}

function hintFor(error: unknown): string | null {
  if (error instanceof ProvisionError) return 'Do what the message says on the server, and try again.'
  if (error instanceof QueryError) return 'Look at the log of the database server.'
  if (!(error instanceof UpstreamError)) return null
  switch (error.kind) {
    case 'login_refused':
      return 'Check user and password of the URL, and pg_hba.conf of the server.'
    case 'tls':
      return 'Check sslmode and the certificate of the server; sslmode=verify-full is the default off loopback.'
    case 'unreachable':
    case 'timeout':
      return 'Check host and port of the URL, and that the server accepts connections from this machine.'
    case 'server':
    case 'protocol':
    case 'aborted':
      return 'Look at the log of the database server.'
  }
}
