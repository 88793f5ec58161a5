// Serves the web console: its files at /assets, and its one page at every other address that a person may have open.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomBytes } from 'node:crypto'
import { readConsole, type ConsoleFile, type ConsoleFiles } from './console-files.js'
import { isDocumentUrl } from './openapi.js'
import { Problem } from './problem.js'
import type { Api } from './server.js'

const NONCE = /POSTERN-NONCE/g

/** Scripts and requests are our own alone. Mantine writes a few styles into the page, which bear the answer's nonce. */
function pagePolicy(nonce: string): string {
  return (
    `default-src 'self'; style-src 'self' 'nonce-${nonce}'; object-src 'none'; base-uri 'none'; form-action 'self'; ` +
    "frame-ancestors 'none'"
  )
}

/** Serves the console of `dir`. Returns what answers an address that no route has, or null: the console has none there.
 * Where nothing was built, its page says so. */
export function consolePages(app: Api, dir: string): (request: FastifyRequest, reply: FastifyReply) => string | null {
  const files = readConsole(dir)

  app.get('/', { config: { permission: 'public' }, schema: { hide: true } }, (_request, reply) =>
    sendPage(reply, files),
  )

  app.get<{ Params: { name: string } }>(
    '/assets/:name',
    { config: { permission: 'public' }, schema: { hide: true } },
    (request, reply) => {
      const file = files?.assets.get(request.params.name)
      if (!file) throw new Problem('route_not_found')
      return sendFile(request, reply, file)
    },
  )

  return (request, reply) => (isPageRequest(request) ? sendPage(reply, files) : null)
}

/** Tells whether a person's browser asks for a page, at an address that the page itself understands. */
function isPageRequest({ method, url, headers }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0] ?? ''
  const isOurs =
    path === '/v1' ||
    path.startsWith('/v1/') ||
    path.startsWith('/assets/') ||
    path === '/openapi.json' ||
    isDocumentUrl(path)
  return !isOurs && (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true
}

function sendPage(reply: FastifyReply, files: ConsoleFiles | null): string {
  const nonce = randomBytes(16).toString('base64')
  // The page names the files of one build: an old page would ask for what is gone.
  void reply.headers({ 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' })
  void reply.type('text/html; charset=utf-8')
  if (files) return files.page.replace(NONCE, nonce)
  void reply.code(503)
  return '<!doctype html><title>Postern</title><p>The console is not built. Run <code>npm run build</code>, and start again.'
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: ConsoleFile): Buffer {
  void reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
  void reply.type(file.type)
  const accepted = (headers['accept-encoding'] ?? '').split(',').map(part => part.split(';', 1)[0]?.trim())
  const [encoding, content] = [...file.encoded].find(([name]) => accepted.includes(name)) ?? []
  if (!encoding || !content) return file.content
  void reply.header('content-encoding', encoding)
  return content
}
