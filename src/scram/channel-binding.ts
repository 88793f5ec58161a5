/** The channel binding data of tls-server-end-point: a hash of the server's certificate (RFC 5929 s.4). */
import { createHash } from 'node:crypto'
import { DerReader } from './der.js'

/**
 * Hashes a certificate with the hash of its own signature, SHA-256 standing in for MD5 and SHA-1 (RFC 5929 s.4.1).
 *
 * @param certificateDer the certificate the server showed, as `getPeerCertificate().raw` or `X509Certificate.raw`
 * @returns 28 to 64 bytes, or null when no binding is defined: the signature has no hash of its own (Ed25519, Ed448),
 * one unknown to us, or the certificate can't be read. Don't offer SCRAM-SHA-256-PLUS then.
 */
export function tlsServerEndPoint(certificateDer: Buffer): Buffer | null {
  const hash = signatureHash(certificateDer)
  return hash === null ? null : createHash(hash).update(certificateDer).digest()
}

// Digest names as OpenSSL has them, under the OID of the signature algorithm.
const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  // RSA PKCS#1 v1.5, RFC 8017 appendix A.2.4; MD5 and SHA-1 read as SHA-256
  ['1.2.840.113549.1.1.4', 'sha256'],
  ['1.2.840.113549.1.1.5', 'sha256'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.113549.1.1.15', 'sha512-224'],
  ['1.2.840.113549.1.1.16', 'sha512-256'],
  // ECDSA, RFC 5758 s.3.2; SHA-1 reads as SHA-256
  ['1.2.840.10045.4.1', 'sha256'],
  ['1.2.840.10045.4.3.1', 'sha224'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
])

const RSASSA_PSS = '1.2.840.113549.1.1.10'

// The hash that RSASSA-PSS names in its parameters (RFC 4055 s.2.1).
const PSS_HASHES: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha256'], // SHA-1
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.5', 'sha512-224'],
  ['2.16.840.1.101.3.4.2.6', 'sha512-256'],
])

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }, RFC 5280 s.4.1. */
function signatureHash(certificateDer: Buffer): string | null {
  const algorithm = new DerReader(certificateDer).enter('sequence')?.skip('sequence')?.enter('sequence')
  const oid = algorithm?.readOid()
  if (algorithm === undefined || oid === undefined) return null
  return oid === RSASSA_PSS ? pssHash(algorithm) : (SIGNATURE_HASHES.get(oid) ?? null)
}

/** RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] DEFAULT sha1, ... }; Postgres ignores the mask's hash. */
function pssHash(algorithm: DerReader): string | null {
  const parameters = algorithm.enter('sequence')
  if (parameters === undefined) return null
  if (!parameters.nextIs('context0')) return 'sha256'
  const oid = parameters.enter('context0')?.enter('sequence')?.readOid()
  return oid === undefined ? null : (PSS_HASHES.get(oid) ?? null)
}
