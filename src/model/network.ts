// The one parser of IP addresses and networks (RFC 4632, RFC 4291): allow-lists, trusted proxies, budgets and loopback
// checks agree because they all read with it. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) is the IPv4 address,
// whatever its spelling.

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
  return `${formatAddress(address)}/${bits}`
}

/** Why a text cannot stand for a network in settings or a list. */
export interface NetworkMistake {
  readonly problem: string
  readonly hint: string
}

/** Finds what is wrong with a network that a person wrote, or null. Stricter than `parseNetwork`: with bits set beyond the
 * prefix it is unclear whether the network or the address was meant. */
export function mistakeInNetwork(text: string): NetworkMistake | null {
  const network = parseNetwork(text)
  if (!network)
    return {
      problem: 'is not a network',
      hint: 'write a CIDR block, as in 192.0.2.0/24 or 2001:db8::/32, or an address alone',
    }
  const whole = formatNetwork(masked(network))
  if (whole === formatNetwork(network)) return null
  const alone = formatNetwork({ ...network, bits: widthOf(network.address) })
  return {
    problem: `has bits set beyond its prefix of ${network.bits}`,
    hint: `the network is ${whole}; the address alone is ${alone}`,
  }
}

/** Returns an address in its one form (RFC 5952), an IPv4-mapped one as IPv4, without a zone; null for what is none. */
export function canonicalAddress(text: string): string | null {
  const address = parseAddress(text)
  return address && formatAddress(address)
}

/** Returns whether an IP address is this machine's own: 127.0.0.0/8 or ::1. False for what is no address. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === 'loopback'
}

/** Returns whether a host, as settings and URLs name it, cannot be reached from another machine. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'))
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

/** What one client has: an IPv4 address, or the IPv6 network in which a host chooses its addresses (RFC 7421). */
export const ONE_CLIENT: PrefixBits = { ipv4: 32, ipv6: 64 }

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

function formatAddress(address: Address): string {
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String()
}

function contains(network: Network | null, address: Address): boolean {
  return network?.address.kind() === address.kind() && address.match([network.address, network.bits])
}

function widthOf(address: Address): 32 | 128 {
  return address.kind() === 'ipv4' ? 32 : 128
}
