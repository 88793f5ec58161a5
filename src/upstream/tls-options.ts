// What each sslmode asks of the server's certificate. Manual, libpq, "SSL Support"; RFC 5929 for the channel binding.

import net from 'node:net'
import tls from 'node:tls'
import { tlsServerEndPoint } from '../scram/channel-binding.js'
import { withoutTrailingDot } from './resolv-conf.js'
import type { Target } from './target.js'

/** The ALPN name of the PostgreSQL protocol: IANA's registry; sent by libpq since 17. */
const ALPN_PROTOCOL = 'postgresql'

/**
 * Makes the options of a handshake. As in libpq: `verify-full` checks chain and name, `verify-ca` the chain, and a root
 * certificate that was given is used by the weaker modes too; without one they take any certificate.
 */
export function tlsOptions({ host, sslMode, sslRootCert }: Target): tls.ConnectionOptions {
  const verifies = sslMode === 'verify-full' || sslMode === 'verify-ca' || sslRootCert !== null
  return {
    minVersion: 'TLSv1.2',
    ALPNProtocols: [ALPN_PROTOCOL],
    rejectUnauthorized: verifies,
    // Given host as Node's own idea of the name would be the SNI, which an address has none of (RFC 6066 s.3).
    checkServerIdentity: (_name, certificate) =>
      sslMode === 'verify-full' ? tls.checkServerIdentity(host, certificate) : undefined,
    // Without the dot of a complete name (RFC 6066 s.3).
    ...(net.isIP(host) === 0 ? { servername: withoutTrailingDot(host) } : {}),
    ...(sslRootCert === null ? {} : { ca: sslRootCert }),
  }
}

/** Returns what SCRAM-SHA-256-PLUS binds to: null without TLS, or when the certificate's signature has no hash. */
export function channelBindingOf(socket: tls.TLSSocket | null): Buffer | null {
  const certificate = socket?.getPeerX509Certificate()
  return certificate === undefined ? null : tlsServerEndPoint(certificate.raw)
}
