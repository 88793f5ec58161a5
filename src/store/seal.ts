// Seals the passwords of upstream logins at rest: AES-256-GCM (NIST SP 800-38D) under a key that the store never sees.
//
//   version (1 byte, 1) | length of key id (1 byte) | key id (UTF-8) | nonce (12 bytes) | ciphertext | tag (16 bytes)
//
// Header and `aad` are authenticated: a sealed text opens only in the place it was sealed for.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { StoreError } from './store-error.js'

export interface SealingKey {
  /** Names the key in sealed texts, so that it can be rotated; 1 to 255 bytes. */
  readonly id: string
  /** 32 random bytes. */
  readonly key: Buffer
}

const VERSION = 1
const KEY_BYTES = 32
// Random nonces of 96 bits: safe for 2^32 sealings under one key (SP 800-38D s.8.3), far above any number of logins.
const NONCE_BYTES = 12
const TAG_BYTES = 16

export class Sealer {
  readonly #keys: ReadonlyMap<string, Buffer>
  readonly #first: SealingKey

  /** @param keys the first one seals; the others only open what was sealed before a rotation.
   * @throws TypeError for no key, a key that is not 32 bytes, or an id that is used twice */
  constructor(keys: readonly SealingKey[]) {
    const [first] = keys
    if (!first) throw new TypeError('a sealer needs a key')
    for (const { id, key } of keys) {
      if (key.length !== KEY_BYTES) throw new TypeError(`sealing key ${id}: ${KEY_BYTES} bytes are needed`)
      const idBytes = Buffer.byteLength(id)
      if (idBytes < 1 || idBytes > 255) throw new TypeError('the id of a sealing key has 1 to 255 bytes')
    }
    this.#first = first
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]))
    if (this.#keys.size !== keys.length) throw new TypeError('two sealing keys have the same id')
  }

  /** Seals a text for the place that `aad` names. */
  seal(plain: string, aad: string): Buffer {
    const id = Buffer.from(this.#first.id)
    const header = Buffer.concat([Buffer.from([VERSION, id.length]), id])
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#first.key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.concat([header, Buffer.from(aad)]))
    const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
    return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
  }

  /** Opens a sealed text.
   * @throws StoreError `unsealable`: unknown key, another place than it was sealed for, or changed bytes */
  open(sealed: Buffer, aad: string): string {
    const { id, header, nonce, ciphertext, tag } = split(sealed)
    const key = this.#keys.get(id)
    if (!key) throw new StoreError('unsealable', 'open a sealed text: its sealing key is not configured')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.concat([header, Buffer.from(aad)]))
      decipher.setAuthTag(tag)
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
    } catch {
      throw new StoreError('unsealable', 'open a sealed text')
    }
  }

  /** Makes 32 bytes by which a text is known again, and from which nobody without the first key can guess it. */
  fingerprint(text: string): Buffer {
    const key = hkdfSync('sha256', this.#first.key, '', 'postern fingerprint', KEY_BYTES)
    return createHmac('sha256', Buffer.from(key)).update(text).digest()
  }

  /** Tells whether a text is sealed under the first key, or should be sealed again. */
  isCurrent(sealed: Buffer): boolean {
    return split(sealed).id === this.#first.id
  }
}

interface Parts {
  id: string
  header: Buffer
  nonce: Buffer
  ciphertext: Buffer
  tag: Buffer
}

function split(sealed: Buffer): Parts {
  const headerBytes = 2 + (sealed[1] ?? 0)
  if (sealed[0] !== VERSION || sealed.length < headerBytes + NONCE_BYTES + TAG_BYTES) {
    throw new StoreError('unsealable', 'open a sealed text: it has another form')
  }
  const tagAt = sealed.length - TAG_BYTES
  return {
    id: sealed.toString('utf8', 2, headerBytes),
    header: sealed.subarray(0, headerBytes),
    nonce: sealed.subarray(headerBytes, headerBytes + NONCE_BYTES),
    ciphertext: sealed.subarray(headerBytes + NONCE_BYTES, tagAt),
    tag: sealed.subarray(tagAt),
  }
}
