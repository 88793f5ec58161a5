// IP addresses and networks (RFC 4632, RFC 4291) as allow-lists and budgets need them. An IPv4 address in IPv6's clothes
// (RFC 4291, section 2.5.5.2) counts as IPv4, in whatever form it came.

import ipaddr from 'ipaddr.js'
import { isIP } from 'node:net'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** All addresses whose first `bits` bits are those of `address`. */
export interface Network {
  readonly address: Address
  readonly bits: number
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is the network of just itself. null: it is neither. Bits beyond
 * the prefix are as they were given: see `masked`. */
export function parseNetwork(text: string): Network | null {
  const [host = '', prefix, ...more] = text.split('/')
  // A zone names an interface of one machine, not a network.
  if (more.length > 0 || host.includes('%')) return null
  const address = parseAddress(host)
  if (!address) return null
  if (prefix === undefined) return { address, bits: widthOf(address) }
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix)) return null
  // 96 bits of a mapped address say only that it is IPv4.
  const bits = Number(prefix) - (address.kind() === 'ipv4' && host.includes(':') ? 96 : 0)
  return bits >= 0 && bits <= widthOf(address) ? { address, bits } : null
}

/** The network with the bits beyond its prefix cleared. */
export function masked({ address, bits }: Network): Network {
  const kind = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  return { address: kind.networkAddressFromCIDR(formatNetwork({ address, bits })), bits }
}

/** The network in its one form, as in `2001:db8::/32` (RFC 5952). */
export function formatNetwork({ address, bits }: Network): string {
  const text = address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String()
  return `${text}/${bits}`
}

/** Tells whether an address is in one of these networks. What is no address is in none. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const parsed = parseAddress(address)
  return parsed !== null && networks.some(text => contains(parseNetwork(text), parsed))
}

/** Sizes of the networks that stand for one client. */
export interface PrefixBits {
  readonly ipv4: number
  readonly ipv6: number
}

/** What one person or machine has for themselves: nobody gets a new budget by taking the next address of it. */
const NEIGHBOURHOOD: PrefixBits = { ipv4: 24, ipv6: 64 }

/** The network that an address belongs to, in its one form; what is no address is returned as it is. */
export function networkOf(text: string, bits: PrefixBits = NEIGHBOURHOOD): string {
  const address = parseAddress(text)
  if (!address) return text
  return formatNetwork(masked({ address, bits: bits[address.kind()] }))
}

/** The forms that Node takes for an address, and no others: elsewhere `010.0.0.1` and `10.1` are read too, as who knows what. */
function parseAddress(text: string): Address | null {
  const withoutZone = text.replace(/%.*$/, '')
  return isIP(withoutZone) === 0 ? null : ipaddr.process(withoutZone)
}

function contains(network: Network | null, address: Address): boolean {
  return network?.address.kind() === address.kind() && address.match([network.address, network.bits])
}

function widthOf(address: Address): 32 | 128 {
  return address.kind() === 'ipv4' ? 32 : 128
}
