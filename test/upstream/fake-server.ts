// A TCP server that says what a test wants it to say, for all that no real Postgres does.

import net from 'node:net'
import type { Target } from '../../src/upstream/target.js'

export interface FakeServer {
  readonly target: Target
  /** Connections that are open. */
  readonly open: () => Promise<number>
}

/** Starts a server that runs `behave` on every connection; it ends with the test. */
export async function fakeServer(
  t: { teardown(end: () => void): void },
  behave: (socket: net.Socket) => void,
): Promise<FakeServer> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    behave(socket)
    // Who doesn't read doesn't see the other side leave.
    socket.resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as net.AddressInfo
  const target: Target = { host: '127.0.0.1', port, sslMode: 'disable', sslRootCert: null }
  const open = () =>
    new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })
  return { target, open }
}

/** Bytes to send, or what makes them from the client's chunk. */
export type Part = Buffer | ((chunk: Buffer) => Buffer)

/** Sends one part for each chunk that the client sends. */
export function inTurn(...parts: readonly Part[]): (socket: net.Socket) => void {
  return socket => {
    const left = [...parts]
    socket.on('data', (chunk: Buffer) => {
      const part = left.shift()
      if (part !== undefined) socket.write(typeof part === 'function' ? part(chunk) : part)
    })
  }
}
