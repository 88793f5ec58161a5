/** As much of DER (X.690) as it takes to find an algorithm identifier in a certificate. */

const TAGS = { sequence: 0x30, context0: 0xa0, oid: 0x06 } as const

type Tag = keyof typeof TAGS

/** Reads values one after the other. What is not as expected, or cut short, reads as undefined; never throws. */
export class DerReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Tells whether a value with this tag comes next. */
  nextIs(tag: Tag): boolean {
    return this.#bytes[this.#offset] === TAGS[tag]
  }

  /** Reads a value and returns a reader of what is inside. */
  enter(tag: Tag): DerReader | undefined {
    const content = this.#read(tag)
    return content === undefined ? undefined : new DerReader(content)
  }

  /** Steps over a value and returns this same reader. */
  skip(tag: Tag): this | undefined {
    return this.#read(tag) === undefined ? undefined : this
  }

  /** Reads an object identifier in its dotted form. */
  readOid(): string | undefined {
    const content = this.#read('oid')
    return content === undefined || content.length === 0 ? undefined : dotted(content)
  }

  #read(tag: Tag): Buffer | undefined {
    if (!this.nextIs(tag)) return undefined
    const first = this.#bytes[this.#offset + 1] ?? 0x80
    // Over 0x80 the first byte counts the length bytes that follow. Three of them say 16 MB: no certificate needs more.
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    const start = this.#offset + 2 + lengthBytes
    if (first === 0x80 || lengthBytes > 3 || start > this.#bytes.length) return undefined
    const length = lengthBytes === 0 ? first : this.#bytes.readUIntBE(this.#offset + 2, lengthBytes)
    if (start + length > this.#bytes.length) return undefined
    this.#offset = start + length
    return this.#bytes.subarray(start, start + length)
  }
}

/** X.690 s.8.19: base 128, the high bit on all but the last byte of an arc, the first two arcs in one. */
function dotted(content: Buffer): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...rest].join('.')
}
