// IP addresses and networks (RFC 4632, RFC 4291) as allow-lists and budgets need them. An IPv4 address in IPv6's clothes
// (RFC 4291, section 2.5.5.2) counts as IPv4, in whatever form it came.

import { isIP, SocketAddress } from 'node:net'

/** An address in network order: 4 bytes of IPv4 or 16 of IPv6. */
type AddressBytes = readonly number[]

/** All addresses whose first `bits` bits are those of `bytes`. */
export interface Network {
  readonly bytes: AddressBytes
  readonly bits: number
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is the network of just itself. null: it is neither. Bits beyond
 * the prefix are as they were given: see `masked`. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefix, ...more] = text.split('/')
  if (more.length > 0 || address.includes('%')) return null
  const bytes = toBytes(address)
  if (!bytes) return null
  if (prefix === undefined) return { bytes, bits: bytes.length * 8 }
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix)) return null
  // 96 bits of a mapped address say only that it is IPv4.
  const bits = Number(prefix) - (isMapped(address, bytes) ? 96 : 0)
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : null
}

/** The network with the bits beyond its prefix cleared. */
export function masked({ bytes, bits }: Network): Network {
  return { bytes: bytes.map((byte, index) => byte & maskOf(bits, index)), bits }
}

/** The network in its one form, as in `2001:db8::/32` (RFC 5952). */
export function formatNetwork({ bytes, bits }: Network): string {
  return `${formatAddress(bytes)}/${bits}`
}

/** Tells whether an address is in one of these networks. What is no address is in none. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const bytes = parseAddress(address)
  return bytes !== null && networks.some(text => contains(parseNetwork(text), bytes))
}

/** Sizes of the networks that stand for one client. */
export interface PrefixBits {
  readonly ipv4: number
  readonly ipv6: number
}

/** What one person or machine has for themselves: nobody gets a new budget by taking the next address of it. */
const NEIGHBOURHOOD: PrefixBits = { ipv4: 24, ipv6: 64 }

/** The network that an address belongs to, in its one form; what is no address is returned as it is. */
export function networkOf(address: string, { ipv4, ipv6 } = NEIGHBOURHOOD): string {
  const bytes = parseAddress(address)
  if (!bytes) return address
  return formatNetwork(masked({ bytes, bits: bytes.length === 4 ? ipv4 : ipv6 }))
}

/** Without the zone of a link-local address (`fe80::1%eth0`): it names an interface of this machine. */
function parseAddress(text: string): AddressBytes | null {
  return toBytes(text.replace(/%.*$/, ''))
}

function contains(network: Network | null, address: AddressBytes): boolean {
  if (network?.bytes.length !== address.length) return false
  return address.every((byte, index) => ((byte ^ (network.bytes[index] ?? 0)) & maskOf(network.bits, index)) === 0)
}

/** The bits of the byte at `index` that count. */
function maskOf(bits: number, index: number): number {
  const counted = Math.min(8, Math.max(0, bits - index * 8))
  return (0xff << (8 - counted)) & 0xff
}

function toBytes(address: string): AddressBytes | null {
  switch (isIP(address)) {
    case 4:
      return address.split('.').map(Number)
    case 6: {
      const bytes = expand(address)
      return MAPPED_PREFIX.every((byte, index) => bytes[index] === byte) ? bytes.slice(12) : bytes
    }
    default:
      return null
  }
}

// ::ffff:0:0/96
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

function isMapped(address: string, bytes: AddressBytes): boolean {
  return address.includes(':') && bytes.length === 4
}

/** The 16 bytes of what isIP says is IPv6. */
function expand(address: string): number[] {
  const [head = '', tail = ''] = address.split('::').map(groupsOf)
  const [before, after] = [bytesOf(head), bytesOf(tail)]
  return [...before, ...Array.from({ length: 16 - before.length - after.length }, () => 0), ...after]
}

/** The groups, with a dotted tail as the two that it stands for. */
function groupsOf(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_dotted, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
}

function bytesOf(groups: string): number[] {
  if (groups === '') return []
  return groups.split(':').flatMap(group => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function formatAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16),
  )
  // Node finds the longest run of zeros.
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
