/** The GS2 header, which opens an exchange and says what the client thinks of channel binding (RFC 5802 s.6, s.7). */
import { ScramError } from './scram-error.js'

/** n: the client can't bind. y: it could, but thinks that the server can't. p: it binds. */
export type BindingFlag = 'n' | 'y' | 'p'

const HEADERS: Record<BindingFlag, string> = { n: 'n,,', y: 'y,,', p: 'p=tls-server-end-point,,' }

/** Returns the header that a client with this flag sends, without authorization identity: Postgres knows none. */
export function gs2Header(flag: BindingFlag): string {
  return HEADERS[flag]
}

/**
 * Splits a client-first-message after its header. What the flag means is for the caller to judge.
 *
 * @throws ScramError `malformed_message`, `binding_type`, or `authorization_identity`
 */
export function splitGs2Header(clientFirst: string): { flag: BindingFlag; bare: string } {
  const flag = readFlag(clientFirst)
  const afterFlag = clientFirst.indexOf(',') + 1
  if (clientFirst.charAt(afterFlag) === 'a') throw new ScramError('authorization_identity')
  if (clientFirst.charAt(afterFlag) !== ',') throw new ScramError('malformed_message', { detail: 'comma expected' })
  return { flag, bare: clientFirst.slice(afterFlag + 1) }
}

/**
 * Returns the value of the `c=` attribute: base64 of the header, followed by the end-point hash when the flag is p.
 * It repeats the header inside the hashed messages, so that nobody can change the flag on the way.
 */
export function channelBindingInput(flag: BindingFlag, endPointHash: Buffer | null): string {
  const header = Buffer.from(gs2Header(flag), 'latin1')
  return flag === 'p' && endPointHash !== null
    ? Buffer.concat([header, endPointHash]).toString('base64')
    : header.toString('base64')
}

function readFlag(clientFirst: string): BindingFlag {
  if (clientFirst.startsWith('n,')) return 'n'
  if (clientFirst.startsWith('y,')) return 'y'
  if (clientFirst.startsWith('p=tls-server-end-point,')) return 'p'
  if (/^p=[A-Za-z0-9.-]+,/.test(clientFirst)) throw new ScramError('binding_type')
  throw new ScramError('malformed_message', { detail: 'channel binding flag expected' })
}
