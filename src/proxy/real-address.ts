// Where a client really is, when a load balancer stands before the proxy: only balancers of trusted networks are believed,
// and they must say it (the PROXY protocol knows no "perhaps").

import type net from 'node:net'
import { canonicalAddress } from '../model/network.js'
import { MAX_PROXY_HEADER_BYTES, parseProxyHeader } from '../wire/proxy-header.js'
import { WireError } from '../wire/wire-error.js'
import { ClientGone } from './client.js'

export interface ClientAddress {
  readonly address: string
  readonly port: number
}

/** The peer of a socket; an IPv4 peer of a listener for both families by its IPv4 address, so that limits and networks know
 * it by one name. */
export function peerOf({ remoteAddress = '', remotePort = 0 }: net.Socket): ClientAddress {
  return { address: canonicalAddress(remoteAddress) ?? remoteAddress, port: remotePort }
}

/** Reads the header that a trusted balancer sends first, and leaves the client's own bytes unread. Rejects with WireError
 * `bad_proxy_header`, also when it is not whole within `timeoutMs`, or with ClientGone: balancers look whether a port
 * answers, and go. */
export function readRealAddress(socket: net.Socket, timeoutMs: number): Promise<ClientAddress> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onClose).off('close', onClose).pause()
      act()
    }
    const fail = (error: Error) => settle(() => reject(error))
    const onClose = () => fail(new ClientGone())
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const header = parseProxyHeader(bytes)
        if (header) settle(() => resolve(take(socket, bytes.subarray(header.bytes), header.source)))
        else if (bytes.length > MAX_PROXY_HEADER_BYTES) throw new WireError('bad_proxy_header', 'it has no end')
      } catch (error) {
        fail(error as WireError)
      }
    }
    const timer = setTimeout(() => fail(new WireError('bad_proxy_header', 'it did not come in time')), timeoutMs)
    // An error is followed by the close; without a listener it would end the process.
    socket
      .on('data', onData)
      .on('end', onClose)
      .on('close', onClose)
      .on('error', () => {})
  })
}

function take(socket: net.Socket, rest: Buffer, source: ClientAddress | null): ClientAddress {
  const address = source && canonicalAddress(source.address)
  if (source && address === null) throw new WireError('bad_proxy_header', 'the address is none')
  if (rest.length > 0) socket.unshift(rest)
  return source && address !== null ? { address, port: source.port } : peerOf(socket)
}
