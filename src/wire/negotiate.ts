// Settles the protocol's minor version. Manual, "Protocol Versions" and "Start-up"; postgres ProcessStartupPacket.

import type { ProtocolVersion } from './startup.js'
import { WireError } from './wire-error.js'

/** The minor versions that are spoken. 3.2 brought longer cancel keys. */
export type MinorVersion = 0 | 2

export type Negotiation = {
  /** What to speak with this client. */
  readonly minor: MinorVersion
  /** The protocol options asked for that are not understood: names, as binary strings. None exists so far. */
  readonly unsupported: string[]
  /** Whether the client must be sent NegotiateProtocolVersion, before anything else. */
  readonly mustNegotiate: boolean
}

const NEWEST: MinorVersion = 2

// Names that begin so ask for something of the protocol itself, and are no settings of the session.
const PROTOCOL_OPTION = '_pq_.'

/**
 * Decides what is spoken with a client that asked for `version` with these start-up parameters.
 *
 * Anything newer than 3.2 is answered with 3.2 (libpq 19 asks for 3.9999 to see that it is). 3.1 never existed: like
 * postgres, speak 3.0 and say nothing.
 * @throws WireError `bad_version` when the major version is not 3
 */
export function negotiateVersion(version: ProtocolVersion, parameters: ReadonlyMap<string, string>): Negotiation {
  if (version.major !== 3) throw new WireError('bad_version', 'only protocol 3 is spoken here')
  const unsupported = [...parameters.keys()].filter(isProtocolOption)
  return {
    minor: version.minor >= NEWEST ? NEWEST : 0,
    unsupported,
    mustNegotiate: version.minor > NEWEST || unsupported.length > 0,
  }
}

/** Tells whether a start-up parameter is a protocol option. These concern one connection: never send them upstream. */
export function isProtocolOption(name: string): boolean {
  return name.startsWith(PROTOCOL_OPTION)
}
