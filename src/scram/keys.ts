/** The keys and signatures of SCRAM-SHA-256 (RFC 5802 s.3, RFC 7677). */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { saslprep } from './saslprep.js'

/** Every key, proof and signature of SCRAM-SHA-256 has this length. */
export const KEY_BYTES = 32

/** What a server keeps of a password. It can check a proof and prove itself with it, but can't log in elsewhere. */
export type ScramKeys = { storedKey: Buffer; serverKey: Buffer }

/**
 * Computes SaltedPassword := Hi(SASLprep(password), salt, iterations), 32 bytes, on libuv's thread pool. Whoever holds
 * the result can log in as the user: keep it as secret as the password. Cap iterations that a peer chose first.
 */
export async function saltPassword(of: { password: string; salt: Buffer; iterations: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(saslprep(of.password), of.salt, of.iterations, KEY_BYTES, 'sha256', (error, saltedPassword) => {
      if (error === null) resolve(saltedPassword)
      else reject(error)
    })
  })
}

/** Derives ClientKey, StoredKey and ServerKey, 32 bytes each, from SaltedPassword. Only the last two may be stored. */
export function deriveKeys(saltedPassword: Buffer): ScramKeys & { clientKey: Buffer } {
  const clientKey = hmac(saltedPassword, 'Client Key')
  return { clientKey, storedKey: sha256(clientKey), serverKey: hmac(saltedPassword, 'Server Key') }
}

/** Returns AuthMessage, the three messages that both sides sign. Arguments are latin1, one character a byte. */
export function joinAuthMessage(of: {
  clientFirstBare: string
  serverFirst: string
  finalWithoutProof: string
}): Buffer {
  return Buffer.from(`${of.clientFirstBare},${of.serverFirst},${of.finalWithoutProof}`, 'latin1')
}

/** Makes ClientProof := ClientKey XOR HMAC(StoredKey, AuthMessage), 32 bytes. */
export function makeProof(keys: { clientKey: Buffer; storedKey: Buffer }, authMessage: Buffer): Buffer {
  return xor(keys.clientKey, hmac(keys.storedKey, authMessage))
}

/** Tells whether a proof of 32 bytes was made with the ClientKey behind this StoredKey; compares in constant time. */
export function proofMatches(storedKey: Buffer, authMessage: Buffer, proof: Buffer): boolean {
  const clientKey = xor(proof, hmac(storedKey, authMessage))
  return timingSafeEqual(sha256(clientKey), storedKey)
}

/** Makes ServerSignature := HMAC(ServerKey, AuthMessage), 32 bytes, by which a server proves that it knows the user. */
export function signAsServer(serverKey: Buffer, authMessage: Buffer): Buffer {
  return hmac(serverKey, authMessage)
}

function hmac(key: Buffer, data: Buffer | string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.alloc(KEY_BYTES)
  for (let i = 0; i < KEY_BYTES; i++) out.writeUInt8(a.readUInt8(i) ^ b.readUInt8(i), i)
  return out
}
