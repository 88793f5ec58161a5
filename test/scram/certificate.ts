/** Makes self-signed certificates with any signature algorithm, also those that certificate libraries no longer make. */
import { type KeyObject, sign, type SignKeyObjectInput } from 'node:crypto'

/** A key pair, and how to sign with it: the digest (null for Ed25519), the padding if any, and the DER that names it. */
export type Signing = {
  keys: { publicKey: KeyObject; privateKey: KeyObject }
  digest: string | null
  padding?: Omit<SignKeyObjectInput, 'key'>
  algorithm: Buffer
}

/** Returns the DER of a certificate for CN=localhost. */
export function certificate({ keys, digest, padding, algorithm }: Signing): Buffer {
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))))
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' })
  const version3 = der(0xa0, integer(2))
  const tbs = sequence(version3, integer(1), algorithm, name, validity, name, publicKey)
  const signature = sign(digest, tbs, { key: keys.privateKey, ...padding })
  return sequence(tbs, algorithm, der(0x03, Buffer.from([0]), signature))
}

/** Returns an AlgorithmIdentifier; the OID's content is given in hexadecimal. */
export function algorithm(oidHex: string, ...parameters: Buffer[]): Buffer {
  return sequence(oid(oidHex), ...parameters)
}

export const NULL = Buffer.from([0x05, 0x00])

/** Wraps a value in the explicit context tag of this number. */
export function explicit(number: number, value: Buffer): Buffer {
  return der(0xa0 | number, value)
}

export function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]))
}

export function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(length >= 0x80 && length < 0x100 ? [tag, 0x81, length] : header), content])
}
