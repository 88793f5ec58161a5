// The routes of an API as its router has them, hidden ones too.

import type { FastifyInstance } from 'fastify'

const PAGES: ReadonlySet<string> = new Set(['GET /', 'GET /assets/:name'])

/** Returns `GET /v1/databases/:name` and so on, without HEAD and without the pages of the document and of the
 * console. */
export function routesOf(app: FastifyInstance): string[] {
  const path: string[] = []
  const routes: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, branch = '', part = '', methods = ''] = /^(\W*── )(\S+) \((.*)\)$/.exec(line) ?? []
    if (branch === '') continue
    const depth = branch.length / 4 - 1
    path.splice(depth, path.length, part)
    if (/^\/+docs/.test(path.join(''))) continue
    const shown = methods.split(', ').filter(method => method !== 'HEAD')
    routes.push(...shown.map(method => `${method} ${path.join('')}`))
  }
  return routes.filter(route => !PAGES.has(route)).sort()
}
