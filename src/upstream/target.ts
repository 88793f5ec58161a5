// Where an upstream database is, and how to speak to it.

/** libpq's sslmode values without `allow`, which tries plaintext first (manual, "SSL Support"). */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface Target {
  /** A host name, an address, or a directory that begins with `/` and holds the server's Unix socket. */
  readonly host: string
  readonly port: number
  /** Ignored for a Unix socket, which has no TLS. */
  readonly sslMode: SslMode
  /** PEM of the certificate authorities to trust, or null for those that Node trusts. */
  readonly sslRootCert: string | null
}

/** Returns whether the target is a Unix socket. */
export function isUnixSocket({ host }: Pick<Target, 'host'>): boolean {
  return host.startsWith('/')
}
