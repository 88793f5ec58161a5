// Makes a throw-away certificate authority and, signed by it, a server certificate for loopback.
//
// Strict verifiers must accept them: RFC 5280 s.4.2.1 wants key identifiers in both, and Python 3.13 refuses those
// without. The authority's private key is never written down, so nobody can make its clients trust anything else.

import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export const DAY_MS = 86_400_000

/** What the server certificate is for. */
export const NAMES = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
] as const

/** Apple's limit for servers: https://support.apple.com/en-us/103769 */
const LIFETIME_DAYS = 825

/** Clocks of containers and virtual machines lag behind at times. */
const BACKDATED_DAYS = 1

/** Small, fast to make, and with a tls-server-end-point hash (RFC 5929 s.4.1). */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface Pems {
  /** The authority's certificate, for clients to trust. */
  readonly ca: string
  readonly cert: string
  /** PKCS #8, not encrypted. */
  readonly key: string
}

/** Makes new keys and certificates, valid from a day before `now` (epoch milliseconds) for 825 days. */
export async function makeCertificates(now: number): Promise<Pems> {
  const [authority, server] = [await keyPair(), await keyPair()]
  const signed = {
    // Another name each time: a verifier that still holds an older authority must not take this one for it.
    issuer: `CN=Postern local authority ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - BACKDATED_DAYS * DAY_MS),
    notAfter: new Date(now + (LIFETIME_DAYS - BACKDATED_DAYS) * DAY_MS),
    signingKey: authority.privateKey,
    signingAlgorithm: ALGORITHM,
  }
  const ca = await x509.X509CertificateGenerator.create({
    ...signed,
    serialNumber: serialNumber(),
    subject: signed.issuer,
    publicKey: authority.publicKey,
    extensions: [
      // A path length of 0: it signs servers, not other authorities.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const cert = await x509.X509CertificateGenerator.create({
    ...signed,
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    publicKey: server.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...NAMES]),
      await x509.SubjectKeyIdentifierExtension.create(server.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', server.privateKey), 'PRIVATE KEY')
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: `${key}\n` }
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

/** 16 random octets in hex, positive and without leading zeros (RFC 5280 s.4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets.toString('hex')
}
