// The address of an API, as people and files give it.

import { isLoopbackHost } from '../model/network.js'
import { CommandError } from './command-error.js'

/** Checks an address and takes the slashes at its end away.
 * @param where names it in errors: it is never repeated, someone may have put a secret there. */
export function httpUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CommandError(`${where} does not hold an http:// or https:// URL`, 'as in https://postern.example.com')
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandError(`${where} holds a user name or password`, 'the token belongs in POSTERN_API_KEY')
  }
  return text.trim().replace(/\/+$/, '')
}

/** True when a token sent to this URL could be read on its way. */
export function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
