// Refuses what another site makes a browser send, by what the browser itself says of where a request comes from.
// Fetch Metadata (W3C) s.2.4, and the Origin header (RFC 6454 s.7).

import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.js'

/** Tells whether a method changes nothing, RFC 9110 s.9.2.1. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** Programs that are no browser send neither header, and hold no cookie that they did not mean to send.
 * @throws Problem `foreign_origin` */
export function refuseForeignOrigin(request: FastifyRequest, publicUrl: string | null): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Problem('foreign_origin')
  const { origin } = request.headers
  if (origin === undefined) return
  const own = [publicUrl, `${request.protocol}://${request.host}`].map(hostOf)
  const host = hostOf(origin)
  if (host === null || !own.includes(host)) throw new Problem('foreign_origin')
}

// Without the scheme: behind a TLS proxy that is not told of in the settings, ours is not the one that people see.
function hostOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) ? new URL(url).host || null : null
}
