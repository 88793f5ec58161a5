// What the data plane knows of a registered database: where it is, and the three logins that stand for the roles.

import type { Role } from './account.js'

/** libpq's sslmode values without `allow`, which tries plaintext first (manual, section "SSL Support"). */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface Login {
  /** The upstream LOGIN role. */
  readonly user: string
  /** In the clear, in memory only; sealed at rest. */
  readonly password: string
}

export interface DatabaseRecord {
  readonly id: string
  readonly name: string
  /** A host name, an address, or a directory that begins with `/` for a Unix socket. */
  readonly host: string
  readonly port: number
  /** The database's name on its server. */
  readonly dbname: string
  readonly sslMode: SslMode
  /** PEM of the certificate authorities to trust, or null for the system's. */
  readonly sslRootCert: string | null
  /** Whether to send `postern.account` and `postern.key` as settings: off for upstreams that are poolers. */
  readonly announce: boolean
  readonly logins: Readonly<Record<Role, Login>>
}
