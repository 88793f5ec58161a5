// Reads a hosts file, whose addresses count before those of any name server. Manual page hosts(5).

import { readFileSync, statSync } from 'node:fs'
import net from 'node:net'

const HOSTS_FILE = '/etc/hosts'

// Block lists that some machines keep there have a few megabytes. A longer file is read as an empty one.
const MAX_BYTES = 16_777_216

export class HostsFile {
  readonly #path: string
  /** Modification time, size and inode of what was read: a change of any means another text. */
  #stamp = ''
  #addresses: ReadonlyMap<string, readonly string[]> = new Map()

  constructor(path = HOSTS_FILE) {
    this.#path = path
  }

  /**
   * Returns the addresses of a lower-case name in the file's order, or none. Reads the file again when it has changed,
   * synchronously: libuv's threads, which asynchronous reads wait for, may all be held by others.
   */
  find(name: string): readonly string[] {
    this.#readAgain()
    return this.#addresses.get(name) ?? []
  }

  #readAgain(): void {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path)
      const stamp = `${mtimeMs} ${size} ${ino}`
      if (stamp === this.#stamp) return
      this.#addresses = size > MAX_BYTES ? new Map() : parseHosts(readFileSync(this.#path, 'utf8'))
      this.#stamp = stamp
    } catch {
      // There is none, or it cannot be read: the name servers know the rest.
      this.#stamp = ''
      this.#addresses = new Map()
    }
  }
}

/** Parses a hosts file into lower-case names and their addresses. Lines that do not begin with an address are skipped. */
export function parseHosts(text: string): Map<string, string[]> {
  const addresses = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (net.isIP(address) === 0) continue
    for (const name of names.map(name => name.toLowerCase())) {
      const known = addresses.get(name) ?? []
      if (!known.includes(address)) addresses.set(name, [...known, address])
    }
  }
  return addresses
}
