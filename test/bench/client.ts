// The load generator's client: Postern's own upstream code, which reads into one buffer and remembers salted passwords,
// so that it costs about as little as a client can that is written in JavaScript.

import { dial } from '../../src/upstream/dial.js'
import type { Leg } from '../../src/upstream/leg.js'
import { logIn } from '../../src/upstream/login.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import { query, terminate } from '../../src/wire/frontend.js'
import type { Contender } from './stage.js'

const TIMEOUT_MS = 20_000
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

const saltedPasswords = new SaltedPasswords()

/** Connects and logs in. */
export async function connect({ port, user, password, dbname, tls }: Contender): Promise<Leg> {
  const target = { host: '127.0.0.1', port, sslMode: tls ? 'require' : 'disable', sslRootCert: null } as const
  const leg = await dial(target, { connectTimeoutMs: TIMEOUT_MS })
  await logIn(leg, { user, password, dbname, parameters: new Map(), minor: 0, saltedPasswords })
  return leg
}

/** Runs a query, outside any transaction, and counts the bytes of its answer without looking at them. */
export function drink(leg: Leg, sql: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    const tail = Buffer.alloc(READY_FOR_QUERY.length)
    leg.onError = reject
    leg.onClose = () => reject(new Error('the connection was closed'))
    leg.setSink(chunk => {
      bytes += chunk.length
      keepTail(tail, chunk)
      if (tail.equals(READY_FOR_QUERY)) resolve(bytes)
      return true
    })
    leg.socket.write(query(sql))
  })
}

/** Says goodbye and waits until the other side has closed. */
export function leave(leg: Leg): Promise<void> {
  return new Promise(resolve => {
    leg.onClose = resolve
    leg.onError = () => {}
    leg.setSink(() => true)
    leg.socket.end(terminate())
  })
}

/** Keeps the last bytes of a stream. */
function keepTail(tail: Buffer, chunk: Buffer): void {
  if (chunk.length >= tail.length) return void chunk.copy(tail, 0, chunk.length - tail.length)
  tail.copyWithin(0, chunk.length)
  chunk.copy(tail, tail.length - chunk.length)
}
