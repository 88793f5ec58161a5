// Somebody between client and proxy who can do all that TCP lets him: say no to TLS in the proxy's name, or end it with a
// certificate of his own; go on to the proxy in the clear or over TLS; read everything, and change what the proxy says.

import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { encodeSslRequest } from '../../src/wire/startup.js'

export interface MiddleOptions {
  /** The proxy's port. */
  readonly port: number
  /** His answer to SSLRequest: no, or TLS with this certificate. */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  /** Whether he goes to the proxy over TLS. */
  readonly tlsToProxy: boolean
  /** Changes what the proxy says, once both sides speak. */
  readonly edit?: (fromProxy: Buffer) => Buffer
}

export interface Middle {
  /** Where clients take him for the proxy. */
  readonly port: number
  /** All that he has read of clients so far, decrypted. */
  readonly read: () => Buffer
}

/** Starts him; he ends with the test. */
export async function manInTheMiddle(t: { teardown(end: () => void): void }, options: MiddleOptions): Promise<Middle> {
  const read: Buffer[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ noDelay: true }, client => {
    void interpose(client, options, { read, sockets }).catch(() => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as net.AddressInfo).port, read: () => Buffer.concat(read) }
}

async function interpose(
  plain: net.Socket,
  { port, certificate, tlsToProxy, edit = bytes => bytes }: MiddleOptions,
  { read, sockets }: { read: Buffer[]; sockets: Set<net.Socket> },
): Promise<void> {
  sockets.add(plain)
  plain.on('error', () => plain.destroy())
  const [first] = (await once(plain, 'data')) as [Buffer]
  plain.pause()
  const asksForTls = first.equals(encodeSslRequest())
  if (asksForTls) plain.write(certificate ? 'S' : 'N')
  const client = asksForTls && certificate ? await endTls(plain, certificate) : plain
  const proxy = await goOn(port, tlsToProxy)
  sockets.add(proxy)
  if (!asksForTls) proxy.write(first)
  for (const [from, to] of [
    [client, proxy],
    [proxy, client],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.on('end', () => to.end())
  }
  client.on('data', (chunk: Buffer) => {
    read.push(chunk)
    proxy.write(chunk)
  })
  proxy.on('data', (chunk: Buffer) => client.write(edit(chunk)))
  client.resume()
}

async function endTls(plain: net.Socket, certificate: { cert: string; key: string }): Promise<tls.TLSSocket> {
  const secure = new tls.TLSSocket(plain, { ...certificate, isServer: true })
  // A client that turns away closes before.
  await Promise.race([once(secure, 'secure'), once(plain, 'close').then(() => Promise.reject(new Error('gone')))])
  return secure
}

async function goOn(port: number, overTls: boolean): Promise<net.Socket> {
  const plain = net.connect({ host: '127.0.0.1', port, noDelay: true })
  await once(plain, 'connect')
  if (!overTls) return plain
  plain.write(encodeSslRequest())
  await once(plain, 'data')
  const secure = tls.connect({ socket: plain, rejectUnauthorized: false })
  await once(secure, 'secureConnect')
  return secure
}
