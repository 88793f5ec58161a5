// Somebody in between: ends the client's TLS with a certificate of its own and begins TLS to the real server.

import net from 'node:net'
import tls from 'node:tls'
import { dial } from '../../src/upstream/dial.js'
import type { Target } from '../../src/upstream/target.js'

/** Returns the port to connect to. */
export async function relayTls(
  t: { teardown(end: () => void): void },
  target: Target,
  certificate: { cert: string; key: string },
): Promise<number> {
  const server = net.createServer(client => {
    client.once('data', () => {
      client.write('S')
      const secure = new tls.TLSSocket(client, { isServer: true, ...certificate })
      void dial({ ...target, sslMode: 'require' }, { connectTimeoutMs: 5_000 }).then(leg => {
        leg.onEnd = () => secure.end()
        leg.setSink(chunk => secure.write(Buffer.from(chunk)) || true)
        secure.on('data', (chunk: Buffer) => leg.socket.write(chunk))
        secure.on('close', () => leg.destroy())
        secure.on('error', () => leg.destroy())
      })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return (server.address() as net.AddressInfo).port
}
