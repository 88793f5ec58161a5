// The header by which a load balancer tells whose connection it passes on, before the first byte of the client.
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, versions 1 (section 2.1) and 2 (section 2.2).

import { Buffer } from 'node:buffer'
import { WireError } from './wire-error.js'

export interface ProxyHeader {
  /** Bytes of the header; what follows is the client's. */
  readonly bytes: number
  /** Where the client really is, its address unchecked; null when the balancer speaks for itself (health checks) or does not
   * know. */
  readonly source: { readonly address: string; readonly port: number } | null
}

/** Longest line of version 1, its line end included: section 2.1. */
const MAX_V1_BYTES = 107
const V1_PREFIX = Buffer.from('PROXY ')

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** Signature, version and command, family and transport, length of the rest. */
const V2_HEAD_BYTES = 16
/** Longest version 2 header that is read. Our choice: addresses have 36 bytes, and the rest, TLVs, is skipped. */
const MAX_V2_BYTES = 4_096

/** Most bytes that a caller needs to hold for `parseProxyHeader` to decide. */
export const MAX_PROXY_HEADER_BYTES = MAX_V2_BYTES

/** Reads a header from the first bytes of a connection; null while it is not whole.
 * @throws WireError `bad_proxy_header` for anything else */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | null {
  if (startsAlike(bytes, V2_SIGNATURE)) return bytes.length < V2_HEAD_BYTES ? null : parseV2(bytes)
  if (startsAlike(bytes, V1_PREFIX)) return parseV1(bytes)
  throw bad('no PROXY protocol header where one has to be')
}

/** Whether the bytes are the beginning of `prefix`, or begin with it. */
function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length)
  return bytes.subarray(0, length).equals(prefix.subarray(0, length))
}

function parseV1(bytes: Buffer): ProxyHeader | null {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n')
  if (end < 0) {
    if (bytes.length >= MAX_V1_BYTES) throw bad('the line of version 1 has no end')
    return null
  }
  const header = { bytes: end + 2 }
  const [, family, address, , port] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { ...header, source: null }
  if (family !== 'TCP4' && family !== 'TCP6') throw bad('a family of version 1 that is none')
  if (address === undefined || port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw bad('version 1 without address or port')
  }
  return { ...header, source: { address, port: Number(port) } }
}

function parseV2(bytes: Buffer): ProxyHeader | null {
  const versionAndCommand = bytes.readUInt8(12)
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2) throw bad('not version 2 behind its signature')
  if (length > MAX_V2_BYTES) throw bad('version 2 is too long')
  if (bytes.length < length) return null
  const command = versionAndCommand & 0xf
  if (command > 1) throw bad('a command of version 2 that is none')
  const body = bytes.subarray(V2_HEAD_BYTES, length)
  return { bytes: length, source: command === 0 ? null : v2Source(bytes.readUInt8(13), body) }
}

// Family and transport in one byte: 0x11 is TCP over IPv4, 0x21 over IPv6; others (UNSPEC, Unix sockets) name no address.
function v2Source(family: number, body: Buffer): ProxyHeader['source'] {
  switch (family) {
    case 0x11:
      if (body.length < 12) throw bad('version 2 ends before its addresses')
      return { address: [...body.subarray(0, 4)].join('.'), port: body.readUInt16BE(8) }
    case 0x21:
      if (body.length < 36) throw bad('version 2 ends before its addresses')
      return { address: ipv6(body.subarray(0, 16)), port: body.readUInt16BE(32) }
    default:
      return null
  }
}

/** Eight groups, none left out: any reader of addresses takes it. */
function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(':')
}

function bad(message: string): WireError {
  return new WireError('bad_proxy_header', message)
}
