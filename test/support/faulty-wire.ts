// A way to a server that can be made to fail as networks do: it passes, is slow, swallows everything without a word, or cuts.
// Nothing is ever invented or doubled: what comes out has gone in, once and in order.

import { once } from 'node:events'
import net from 'node:net'

export type Mode =
  | 'pass'
  /** Swallows what is sent, the end of a connection too: both sides think that they are connected. */
  | 'drop'
  /** Resets connections as they are made; those that are there go on. */
  | 'refuse'
  /** Holds back each piece, in each direction. */
  | { readonly delayMs: number }

/** Tells a connection by the first 64 KiB that its client has sent. */
export type Which = (sent: Buffer) => boolean

export interface FaultyWire {
  readonly port: number
  /** How many connections are open on the client's side. */
  readonly open: number
  /** How many there have been. */
  readonly made: number
  /** From now on, connections that match are treated so, new ones too; the last word counts. Without `which`: all of them. */
  set(mode: Mode, which?: Which): void
  /** Resets connections on the client's side; the server sees their end. */
  cut(which?: Which): void
}

interface Connection {
  readonly near: net.Socket
  readonly far: net.Socket
  sent: Buffer
}

const KEPT_BYTES = 65_536

/** The connection on which an instance listens for changes. */
export const isPush: Which = sent => sent.includes('listen postern_changes')

/** Makes a wire to a server of this machine; it ends with the test. */
export async function faultyWire(
  t: { teardown(end: () => Promise<void>): void },
  target: { readonly host: string; readonly port: number },
): Promise<FaultyWire> {
  const connections = new Set<Connection>()
  let rules: { readonly mode: Mode; readonly which: Which }[] = []
  const modeOf = ({ sent }: Connection): Mode => rules.findLast(({ which }) => which(sent))?.mode ?? 'pass'
  let made = 0
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, near => {
    made++
    const far = net.connect({ ...target, allowHalfOpen: true, noDelay: true })
    const connection = { near, far, sent: Buffer.alloc(0) }
    connections.add(connection)
    near.on('data', (chunk: Buffer) => {
      if (connection.sent.length < KEPT_BYTES) connection.sent = Buffer.concat([connection.sent, chunk])
    })
    lay(near, far, () => modeOf(connection))
    lay(far, near, () => modeOf(connection))
    if (modeOf(connection) === 'refuse') near.resetAndDestroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const destroy = ({ near, far }: Connection) => [near, far].forEach(socket => socket.destroy())
  t.teardown(async () => {
    server.close()
    connections.forEach(destroy)
    await once(server, 'close')
  })
  return {
    port: (server.address() as net.AddressInfo).port,
    get open() {
      return [...connections].filter(({ near }) => !near.destroyed).length
    },
    get made() {
      return made
    },
    set(mode, which = () => true) {
      rules = [...rules.filter(rule => rule.which !== which), { mode, which }]
      // Whoever has given up a connection that was swallowed is not to be heard of again.
      for (const connection of connections) {
        const isHalf = connection.near.destroyed || connection.far.destroyed
        if (isHalf && modeOf(connection) !== 'drop') destroy(connection)
      }
    },
    cut(which = () => true) {
      for (const { near, sent } of connections) if (which(sent)) near.resetAndDestroy()
    },
  }
}

/** Carries what `from` sends over to `to`. */
function lay(from: net.Socket, to: net.Socket, mode: () => Mode): void {
  let isHeldBack = false
  from.on('data', (chunk: Buffer) => {
    const now = mode()
    if (now === 'drop') return
    if (typeof now !== 'object') {
      if (!to.write(chunk)) from.pause()
      return
    }
    isHeldBack = true
    from.pause()
    setTimeout(() => {
      isHeldBack = false
      to.write(chunk)
      from.resume()
    }, now.delayMs)
  })
  to.on('drain', () => {
    if (!isHeldBack) from.resume()
  })
  from.on('end', () => {
    if (mode() !== 'drop') to.end()
  })
  from.on('error', () => {})
  from.on('close', () => {
    if (mode() !== 'drop') to.destroySoon()
  })
}
