// Requests that go wrong: each is answered with a problem that says what to do, and nothing leaks.

import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import t from 'tap'
import { BusyError } from '../../src/auth/turns.js'
import { Refusal } from '../../src/errors.js'
import { StoreError } from '../../src/store/store-error.js'
import { worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test('every mistake of a body is named at once, with what it should be', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const response = await world.ask('POST', '/v1/service-accounts', ada.token, {
    name: 'No Spaces',
    colour: 'red',
    scope: { type: 'pinned', role: 'owner', databases: ['shop', 'SHOP'] },
  })
  t.equal(response.statusCode, 400)
  t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
  const { code, errors } = response.json<{ code: string; errors: { field: string; hint: string }[] }>()
  t.equal(code, 'invalid_request')
  t.strictSame(errors.map(({ field }) => field).sort(), ['colour', 'name', 'scope.databases[1]', 'scope.role'])
  const hintOf = (name: string) => errors.find(({ field }) => field === name)?.hint
  t.match(hintOf('name'), /lower-case letters/)
  t.match(hintOf('scope.role'), 'reader, writer, admin')
  t.match(hintOf('colour'), 'name, description, scope')
})

void t.test('queries and paths are checked too', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const fields = async (path: string) =>
    (await world.ask('GET', path, ada.token)).json<{ errors: { field: string }[] }>().errors.map(({ field }) => field)
  t.strictSame(await fields('/v1/databases?limit=0'), ['limit'])
  t.strictSame(await fields('/v1/databases?limit=ten'), ['limit'])
  t.strictSame(await fields('/v1/databases?limt=5'), ['limt'])
  t.strictSame(await fields('/v1/keys/short'), ['id'])
})

void t.test('texts that PostgreSQL can not hold are mistakes, and nothing worse', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const path = '/v1/accounts/ada%40example.com/keys'
  t.equal((await world.ask('POST', path, ada.token, { name: 'a\0b' })).statusCode, 400)
  t.equal((await world.ask('GET', '/v1/accounts/a%00b/keys', ada.token)).statusCode, 400)
  t.equal((await world.ask('POST', path, ada.token, { name: '\ud800' })).statusCode, 201)
  t.equal((await world.ask('GET', `/v1/accounts/${'a'.repeat(254)}/keys`, ada.token)).statusCode, 404)
  t.strictSame(world.logged, [])
})

void t.test('bodies that are no JSON objects, addresses that are no routes', async t => {
  const world = await makeWorld(t)
  const post = (payload: string, type = 'application/json') =>
    world.app.inject({ method: 'POST', url: '/v1/keys/revoke', payload, headers: { 'content-type': type } })
  const cases = [
    [await post('{"token":'), 400, 'malformed_json'],
    [await post(''), 400, 'malformed_json'],
    [await post('{"__proto__":{"token":"x"}}'), 400, 'malformed_json'],
    [await post('[]'), 400, 'invalid_request'],
    [await post('token=x', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type'],
    [await post('x', 'text/plain'), 415, 'unsupported_media_type'],
    [await post(JSON.stringify({ token: 'x'.repeat(20_000) })), 413, 'body_too_large'],
    [await world.app.inject('/v1/nothing'), 404, 'route_not_found'],
    [await world.app.inject({ method: 'DELETE', url: '/v1/me' }), 404, 'route_not_found'],
    [await world.app.inject('/v1/databases/%zz'), 400, 'malformed_url'],
  ] as const
  for (const [response, status, code] of cases) {
    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.match(response.json(), { status, code, type: `urn:postern:problem:${code}`, title: /./, detail: /./, hint: /./ })
  }
})

void t.test('a token is taken as Key and as Bearer; 401 tells how', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const ask = (authorization: string) => world.app.inject({ url: '/v1/me', headers: { authorization } })
  for (const scheme of ['Key', 'Bearer', 'bearer', 'KEY']) {
    t.equal((await ask(`${scheme} ${ada.token}`)).statusCode, 200)
  }
  for (const header of [ada.token, `Basic ${ada.token}`, 'Key', `Key ${ada.token} x`]) {
    const response = await ask(header)
    t.match(response.json(), { code: 'login_needed' })
    t.match(response.headers['www-authenticate'], 'Bearer')
  }
})

void t.test(
  'a caller who asks too often is told when to come back; tokens can not be tried faster than that',
  async t => {
    const world = await makeWorld(t, { limits: { requestsPerMinute: 5, tokenRevocationsPerMinute: 2 } })
    const statuses = async (ask: () => Promise<{ statusCode: number }>, times: number) => {
      const seen: number[] = []
      for (let n = 0; n < times; n++) seen.push((await ask()).statusCode)
      return seen
    }
    const wrong = () => world.ask('GET', '/v1/me', 'pstn_wrong')
    t.strictSame(await statuses(wrong, 7), [401, 401, 401, 401, 401, 429, 429])
    const limited = await wrong()
    t.match(limited.json(), { code: 'too_many_requests' })
    t.match(limited.headers['retry-after'], /^\d+$/)
    t.equal((await world.app.inject('/v1/nothing')).statusCode, 429, 'addresses that are none count too')
    const revoke = () => world.ask('POST', '/v1/keys/revoke', null, { token: 'x' })
    t.strictSame(await statuses(revoke, 3), [400, 400, 429])
  },
)

void t.test('what fails inside is logged, and the caller gets a reference to it and no more', async t => {
  const failures: [Error, number, string][] = [
    [new Error('secret detail'), 500, 'internal_error'],
    [new StoreError('timeout', 'secret detail'), 503, 'store_unavailable'],
    [new StoreError('bad_schema', 'secret detail'), 503, 'store_not_migrated'],
    [new StoreError('unsealable', 'secret detail'), 503, 'secrets_unreadable'],
    [new StoreError('internal', 'secret detail'), 500, 'internal_error'],
    [new Refusal('store_unavailable', { cause: new Error('secret detail') }), 503, 'store_unavailable'],
    [new BusyError(), 503, 'busy'],
  ]
  let failure = new Error('none yet')
  // Authentication is where a failing store is noticed first.
  const world = await makeWorld(t, { authenticate: async () => Promise.reject(failure) })
  for (const [error, status, code] of failures) {
    failure = error
    const response = await world.ask('GET', '/v1/me', 'pstn_x')
    t.match(response.json(), { status, code })
    t.notMatch(response.payload, 'secret detail')
    t.equal(response.headers['retry-after'], status === 503 ? '2' : undefined)
    t.match(world.logged.pop(), {
      err: error,
      code,
      route: '/v1/me',
      instance: response.json<{ instance: string }>().instance,
    })
  }
})

void t.test('every answer is observed by its route and not by its address', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  await world.ask('GET', '/v1/databases/owner%2Fshop', ada.token)
  await world.ask('GET', '/v1/nothing/at/all', null)
  t.match(world.observed, [
    { route: '/v1/databases/:name', method: 'GET', status: 404 },
    { route: 'unmatched', method: 'GET', status: 404 },
  ])
  t.ok(world.observed.every(({ seconds }) => seconds >= 0 && seconds < 60))
})

void t.test('over the network: answers carry their safety headers, and close waits for no idle connection', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(`${url}/v1/me`, { headers: { authorization: `Key ${ada.token}` } })
  t.equal(response.status, 200)
  t.match(await response.json(), { account: { name: 'ada@example.com', org_role: 'member' }, reach: [] })
  t.equal(response.headers.get('x-content-type-options'), 'nosniff')
  t.match(response.headers.get('content-security-policy'), "default-src 'none'")
  t.equal(response.headers.get('strict-transport-security'), null, 'this one has no TLS')
  t.equal(response.headers.get('server'), null)

  const idle = net.connect((world.app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(idle, 'connect')
  idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(idle, 'data')
  const closed = once(idle, 'close')
  await world.app.close()
  await closed
})
