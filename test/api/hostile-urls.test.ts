// Addresses that no honest client sends: on every route the answer is the caller's mistake, never a defect.

import fc from 'fast-check'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { worlds, type World } from './fixture.js'
import { routesOf } from './routes-of.js'

const makeWorld = await worlds(t)

type Method = Parameters<World['ask']>[0]

/** Parts of a path, as they are sent. */
const PARTS: readonly string[] = [
  'a'.repeat(1001),
  'a'.repeat(1100),
  'a'.repeat(12_000),
  '%C3%A9'.repeat(1100),
  'a%00b',
  '%zz',
  '%',
  '%c3%28',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '__proto__',
  '🙂',
]

void t.test('a parameter of a path that is too long is 414, whoever asks, and nothing is logged', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'admin')
  for (const token of [null, ada.token]) {
    for (const part of ['a'.repeat(1100), '%61'.repeat(1100), 'é'.repeat(1100)]) {
      const url = `/v1/users/${encodeURI(part).replaceAll('%25', '%')}`
      const response = await world.ask('GET', url, token)
      t.match(response.json(), { status: 414, code: 'url_too_long', hint: /254 characters/ })
      t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
      t.ok(response.payload.length < 1000, 'the path is not repeated')
    }
  }
  t.strictSame(world.logged, [])
  t.ok(world.observed.every(({ route }) => route === 'unmatched' || route === '/v1/users/:email'))
})

void t.test('no address of any route, the console’s and unknown ones among them, makes a 5xx', async t => {
  const consoleDir = t.testdir({ 'index.html': 'a page', assets: { 'main.js': '1' } })
  const world = await makeWorld(t, { consoleDir })
  const ada = await world.person('ada@example.com', 'admin')
  const others = [
    'GET /',
    'GET /assets/:name',
    'GET /docs/:name',
    'GET /databases/:name',
    'GET /:any',
    'POST /v1/no/:any',
  ]
  const routes = [...routesOf(world.app), ...others]
  const withParameters = routes.filter(route => route.includes(':'))
  t.ok(withParameters.length > 40)
  for (const route of withParameters) {
    for (const part of PARTS) await isAnswered(t, world, route, part, '', ada.token)
  }
  const part = fc.oneof(
    fc.constantFrom(...PARTS),
    fc.string({ unit: 'binary', maxLength: 1500 }).map(encodeURIComponent),
    fc.stringMatching(/^[%0-9a-zA-Z]{0,40}$/),
  )
  const query = fc.oneof(
    fc.constant(''),
    fc.constantFrom(`?x=${'a'.repeat(14_000)}`, `?${'a=1&'.repeat(3000)}`, '?limit=%zz', '?cursor=%00', '?%00=%00'),
    fc.tuple(fc.constantFrom(...QUERY_FIELDS), part).map(([name, value]) => `?${name}=${value}`),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), part, query, (route, part, query) =>
      isAnswered(t, world, route, part, query, ada.token),
    ),
    { numRuns: 200 },
  )
  t.strictSame(world.logged, [])
})

const QUERY_FIELDS = [
  'limit',
  'cursor',
  'account',
  'database',
  'instance',
  'actor',
  'action',
  'target',
  'from',
  'anchor',
]

/** Asks with and without a login, and as a browser does. */
async function isAnswered(t: Test, world: World, route: string, part: string, query: string, token: string) {
  const [method, pattern = ''] = route.split(' ')
  const url = pattern.replace(/:\w+/g, () => part) + query
  for (const headers of [{}, { authorization: `Bearer ${token}` }, { accept: 'text/html' }]) {
    const response = await world.app.inject({ method: method as Method, url, headers })
    if (response.statusCode >= 500) t.fail(`${method} ${url.slice(0, 200)}: ${response.payload}`)
  }
}

void t.test('what is no HTTP, or has too much before its body, gets a problem document and the end', async t => {
  const world = await makeWorld(t)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = world.app.server.address() as AddressInfo
  const cases: [request: string, status: number, code: string][] = [
    [`GET /v1/users/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /v1/users?${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['GET /v1/users/a\0b HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed_request'],
    ['nonsense\r\n\r\n', 400, 'malformed_request'],
    [`GET /v1/users/${'a'.repeat(1100)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 414, 'url_too_long'],
    ['GET /v1/users/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400, 'malformed_url'],
  ]
  for (const [request, status, code] of cases) {
    const [head = '', body = ''] = (await send(port, request)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `), request.slice(0, 30))
    t.match(head, /content-type: application\/problem\+json/)
    t.match(JSON.parse(body), { status, code, title: /./, hint: /./, instance: /^urn:uuid:/ })
  }
  t.strictSame(world.logged, [])
})

async function send(port: number, request: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.setEncoding('utf8')
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.write(request)
  await once(socket, 'close')
  return answer
}
