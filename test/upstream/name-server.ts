// A real name server on loopback, as small as RFC 1035 allows: it answers questions for A and AAAA records over UDP.

import dgram from 'node:dgram'
import { once } from 'node:events'

export interface Host {
  readonly v4?: readonly string[]
  /** Whole, in eight groups. */
  readonly v6?: readonly string[]
  /** Seconds. Default 60. */
  readonly ttl?: number
  /** Answers with this code, or never, as a server behind a broken network. */
  readonly fault?: 'silent' | 'SERVFAIL' | 'REFUSED'
  /** Never answers the question for IPv6 addresses. */
  readonly isSilentOnV6?: boolean
}

export interface NameServer {
  /** `127.0.0.1:5353` */
  readonly address: string
  /** What it knows. Everything else is NXDOMAIN. */
  hosts: Record<string, Host>
  /** Questions so far: `A db.test`. */
  readonly asked: string[]
}

const TYPES: Record<number, 'A' | 'AAAA'> = { 1: 'A', 28: 'AAAA' }
const CODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }
const HEADER_BYTES = 12
/** A pointer to the name in the question. */
const NAME_OF_QUESTION = 0xc00c

/** Starts a name server that ends with the test. */
export async function startNameServer(
  t: { teardown(end: () => void): void },
  hosts: Record<string, Host> = {},
): Promise<NameServer> {
  const socket = dgram.createSocket('udp4')
  const asked: string[] = []
  const server: NameServer = { address: '', hosts, asked }
  socket.on('message', (query, { address, port }) => {
    const { name, type, end } = questionOf(query)
    asked.push(`${type} ${name}`)
    const answer = answerTo(query, server.hosts[name], type, end)
    if (answer) socket.send(answer, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => void socket.close())
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` })
}

function questionOf(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = query.readUInt16BE(at + 1)
  return { name: labels.join('.').toLowerCase(), type: TYPES[type] ?? `type ${type}`, end: at + 5 }
}

function answerTo(query: Buffer, host: Host | undefined, type: string, end: number): Buffer | null {
  if (host?.fault === 'silent' || (host?.isSilentOnV6 && type === 'AAAA')) return null
  const code = host?.fault ? CODES[host.fault] : host ? 0 : CODES.NXDOMAIN
  const addresses = (code === 0 ? (type === 'A' ? host?.v4 : host?.v6) : []) ?? []
  const header = Buffer.from(query.subarray(0, HEADER_BYTES))
  // A response, with recursion.
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map(address => record(type, bytesOf(address), host?.ttl ?? 60))
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records])
}

function record(type: string, data: Buffer, ttl: number): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(NAME_OF_QUESTION, 0)
  head.writeUInt16BE(type === 'A' ? 1 : 28, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(ttl, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  return Buffer.from(address.split(':').flatMap(group => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}
