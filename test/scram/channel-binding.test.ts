import { constants, createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { generate } from 'selfsigned'
import t from 'tap'
import { tlsServerEndPoint } from '../../src/scram/channel-binding.js'
import { algorithm, certificate, explicit, integer, NULL, sequence, type Signing } from './certificate.js'

// pg's own reader of certificates, as the judge.
const judge = createRequire(import.meta.url)('pg/lib/crypto/cert-signatures.js') as {
  signatureAlgorithmHashFromCertificate(certificateDer: Buffer): string
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const RSASSA_PSS = '2a864886f70d01010a'
const PSS_PADDING = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 }

/** RSASSA-PSS-params with the same hash for message and mask. */
function pssAlgorithm(hashOidHex: string): Buffer {
  const hash = algorithm(hashOidHex, NULL)
  const mask = algorithm('2a864886f70d010108', hash)
  return algorithm(RSASSA_PSS, sequence(explicit(0, hash), explicit(1, mask), explicit(2, integer(20))))
}

/** What it is, how it is signed, the hash of the binding, and what pg calls it (null: pg can't tell). */
const certificates: [name: string, signing: Signing, hash: string, judged: string | null][] = [
  ['RSA with MD5', rsaWith('04', 'md5'), 'sha256', 'MD5'],
  ['RSA with SHA-1', rsaWith('05', 'sha1'), 'sha256', 'SHA-1'],
  ['RSA with SHA-224', rsaWith('0e', 'sha224'), 'sha224', 'SHA-224'],
  ['RSA with SHA-256', rsaWith('0b', 'sha256'), 'sha256', 'SHA-256'],
  ['RSA with SHA-384', rsaWith('0c', 'sha384'), 'sha384', 'SHA-384'],
  ['RSA with SHA-512', rsaWith('0d', 'sha512'), 'sha512', 'SHA-512'],
  ['RSA with SHA-512/224', rsaWith('0f', 'sha512-224'), 'sha512-224', 'SHA512-224'],
  ['RSA with SHA-512/256', rsaWith('10', 'sha512-256'), 'sha512-256', 'SHA512-256'],
  ['ECDSA with SHA-1', ecdsaWith('2a8648ce3d0401', 'sha1'), 'sha256', 'SHA-1'],
  ['ECDSA with SHA-224', ecdsaWith('2a8648ce3d040301', 'sha224'), 'sha224', 'SHA-224'],
  ['ECDSA with SHA-256', ecdsaWith('2a8648ce3d040302', 'sha256'), 'sha256', 'SHA-256'],
  ['ECDSA with SHA-384', ecdsaWith('2a8648ce3d040303', 'sha384'), 'sha384', 'SHA-384'],
  ['ECDSA with SHA-512', ecdsaWith('2a8648ce3d040304', 'sha512'), 'sha512', 'SHA-512'],
  ['RSA-PSS with SHA-256', pssWith(pssAlgorithm('608648016503040201'), 'sha256'), 'sha256', 'SHA-256'],
  ['RSA-PSS with SHA-384', pssWith(pssAlgorithm('608648016503040202'), 'sha384'), 'sha384', 'SHA-384'],
  ['RSA-PSS with SHA-512', pssWith(pssAlgorithm('608648016503040203'), 'sha512'), 'sha512', 'SHA-512'],
  ['RSA-PSS with SHA-1, by name', pssWith(pssAlgorithm('2b0e03021a'), 'sha1'), 'sha256', 'SHA-1'],
  ['RSA-PSS with SHA-1, by default', pssWith(algorithm(RSASSA_PSS, sequence()), 'sha1'), 'sha256', null],
]

function rsaWith(lastByteHex: string, digest: string): Signing {
  return { keys: rsa, digest, algorithm: algorithm(`2a864886f70d0101${lastByteHex}`, NULL) }
}

function ecdsaWith(oidHex: string, digest: string): Signing {
  return { keys: ec, digest, algorithm: algorithm(oidHex) }
}

function pssWith(named: Buffer, digest: string): Signing {
  return { keys: rsa, digest, padding: PSS_PADDING, algorithm: named }
}

for (const [name, signing, hash, judged] of certificates) {
  void t.test(`hashes a certificate of ${name} with ${hash}`, async t => {
    const der = certificate(signing)
    t.equal(new X509Certificate(der).subject, 'CN=localhost', 'OpenSSL reads it')
    // OpenSSL verifies no truncated SHA-512 here, and may be set up to distrust MD5 and SHA-1.
    if (/SHA-(224|256|384|512)$/.test(name)) t.equal(new X509Certificate(der).verify(signing.keys.publicKey), true)
    if (judged !== null) t.equal(judge.signatureAlgorithmHashFromCertificate(der), judged)
    t.same(tlsServerEndPoint(der), createHash(hash).update(der).digest())
  })
}

void t.test('hashes the certificates that the package selfsigned makes', async t => {
  for (const hash of ['sha256', 'sha384', 'sha512']) {
    const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: hash, keySize: 2048 })
    const der = new X509Certificate(cert).raw
    t.same(tlsServerEndPoint(der), createHash(hash).update(der).digest(), hash)
  }
})

void t.test('has no binding for Ed25519 and Ed448, whose signatures have no hash of their own', async t => {
  const ed25519 = { keys: generateKeyPairSync('ed25519'), digest: null, algorithm: algorithm('2b6570') }
  const ed448 = { keys: generateKeyPairSync('ed448'), digest: null, algorithm: algorithm('2b6571') }
  for (const signing of [ed25519, ed448]) {
    const der = certificate(signing)
    t.equal(new X509Certificate(der).verify(signing.keys.publicKey), true)
    t.equal(tlsServerEndPoint(der), null)
  }
})

void t.test('has no binding for RSA-PSS with a hash unknown to us, or without parameters', async t => {
  t.equal(tlsServerEndPoint(certificate(pssWith(pssAlgorithm('2a0304'), 'sha256'))), null)
  t.equal(tlsServerEndPoint(certificate(pssWith(algorithm(RSASSA_PSS), 'sha256'))), null)
  t.equal(tlsServerEndPoint(certificate(pssWith(algorithm(RSASSA_PSS, NULL), 'sha256'))), null)
})

void t.test('has no binding for what is cut short before its algorithm', async t => {
  const der = certificate(ecdsaWith('2a8648ce3d040302', 'sha256'))
  const hashed = Array.from(der.keys()).filter(length => tlsServerEndPoint(der.subarray(0, length)) !== null)
  t.same(hashed, [], 'at no length')
})

void t.test('never throws, whatever the bytes', async t => {
  const der = certificate(ecdsaWith('2a8648ce3d040302', 'sha256'))
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (offset, byte) => {
      const damaged = Buffer.from(der)
      damaged.writeUInt8(byte, offset)
      tlsServerEndPoint(damaged)
    }),
    { numRuns: 1_000 },
  )
  fc.assert(fc.property(fc.uint8Array(), raw => void tlsServerEndPoint(Buffer.from(raw))))
  t.pass()
})
