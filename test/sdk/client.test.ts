// The SDK, against the real API over HTTP.

import { inspect } from 'node:util'
import t from 'tap'
import { ApiError, createPostern } from '../../src/sdk/client.js'
import { addDatabase, grant, worlds } from '../api/fixture.js'

const makeWorld = await worlds(t)

void t.test('a key from its creation to its end', { timeout: 60_000 }, async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await addDatabase(world, admin, 'owner/shop')
  await grant(world, admin, admin, 'owner/shop', 'writer')
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  const postern = createPostern({ url: `${url}/`, token: admin.token })

  const { data: database } = await postern.GET('/v1/databases/{name}', { params: { path: { name: 'owner/shop' } } })
  t.match(database, { name: 'owner/shop', role: 'writer' })

  const scope = { type: 'pinned', role: 'reader', databases: ['owner/shop'] } as const
  await postern.POST('/v1/service-accounts', {
    body: { name: 'robot', scope: { ...scope, databases: ['owner/shop'] } },
  })
  const path = { account: 'robot' }
  const { data: created } = await postern.POST('/v1/accounts/{account}/keys', {
    params: { path },
    body: { name: 'ci' },
  })
  const robot = createPostern({ url, token: created.token })
  const { data: me } = await robot.GET('/v1/me')
  t.match(me, { account: { name: 'robot' }, key: { name: 'ci' }, reach: [{ database: 'owner/shop', role: 'reader' }] })

  const anyone = createPostern({ url, token: '' })
  const revoked = await anyone.POST('/v1/keys/revoke', { body: { token: created.token } })
  t.equal(revoked.response.status, 204)
  t.equal(revoked.data, undefined)
  await t.rejects(robot.GET('/v1/me'), { name: 'ApiError', status: 401, code: 'credentials_rejected' })
  await t.rejects(anyone.GET('/v1/me'), { status: 401, code: 'login_needed' })
})

void t.test('a creation whose answer was lost is made once; a key of the caller is kept', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  const keys: (string | null)[] = []
  let losses = 1
  const lossy = async (request: Request) => {
    keys.push(request.headers.get('idempotency-key'))
    const response = await fetch(request)
    if (losses-- > 0) throw new TypeError('fetch failed')
    return response
  }
  const postern = createPostern({ url, token: admin.token, fetch: lossy })
  const { data, response } = await postern.POST('/v1/groups', { body: { name: 'analysts' } })
  t.match(data, { name: 'analysts' })
  t.equal(response.headers.get('idempotency-replayed'), 'true')
  t.equal(keys.length, 2)
  t.equal(keys[0], keys[1])

  const params = { path: { account: 'admin@example.com' }, header: { 'idempotency-key': 'mine' } }
  losses = 1
  const error = await postern.POST('/v1/accounts/{account}/keys', { params, body: {} }).catch((no: unknown) => no)
  t.match(error, { code: 'already_created', problem: { location: /^\/v1\/keys\/\w{12}$/ } })
  t.strictSame(keys.slice(2), ['mine', 'mine'])
})

void t.test('an edit names the version that was looked at', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  const postern = createPostern({ url, token: admin.token })
  const path = { id: admin.keyId }
  const { response } = await postern.GET('/v1/keys/{id}', { params: { path } })
  const params = { path, header: { 'if-match': response.headers.get('etag') ?? '*' } }
  t.match((await postern.PATCH('/v1/keys/{id}', { params, body: { name: 'cron' } })).data, { name: 'cron' })
  await t.rejects(postern.PATCH('/v1/keys/{id}', { params, body: { name: 'late' } }), { code: 'changed_meanwhile' })
})

void t.test('an error has all that the API said', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  const postern = createPostern({ url, token: admin.token })
  const body = { name: 'UPPER', scope: { type: 'pinned' as const, role: 'reader' as const, databases: ['none'] } }
  const error = await postern.POST('/v1/service-accounts', { body }).catch((error: unknown) => error)
  t.ok(error instanceof ApiError)
  t.match(error, {
    code: 'invalid_request',
    status: 400,
    detail: /name/,
    hint: /lower-case/,
    errors: [{ field: 'name' }],
  })
  t.notMatch(inspect(error, { depth: 10 }), admin.token)
  t.notMatch(inspect(postern, { depth: 10, showHidden: true }), admin.token)
})

void t.test('an answer that is not of the API is an ApiError too', async t => {
  const answers = [new Response('<html>', { status: 404 }), new Response('{', { status: 500, headers: PROBLEM })]
  for (const answer of answers) {
    const postern = createPostern({ url: 'http://127.0.0.1:1', token: 'x', fetch: async () => answer, retries: 0 })
    await t.rejects(postern.POST('/v1/keys/revoke', { body: { token: 'x' } }), {
      name: 'ApiError',
      code: 'unexpected_answer',
      status: answer.status,
    })
  }
})

void t.test('a redirect is not followed, for the token would go along', async t => {
  const seen: Request[] = []
  const fetch = async (request: Request) => {
    seen.push(request)
    return new Response('{}', { headers: { 'content-type': 'application/json' } })
  }
  await createPostern({ url: 'https://postern.example.com/', token: 'pstn_x', fetch }).GET('/v1/me')
  t.equal(seen[0]?.redirect, 'error')
  t.equal(seen[0]?.url, 'https://postern.example.com/v1/me')
  t.equal(seen[0]?.headers.get('authorization'), 'Bearer pstn_x')
})

void t.test('a URL that is not http is refused at once', async t => {
  for (const url of ['postern.example.com', 'ftp://postern.example.com', '']) {
    t.throws(() => createPostern({ url, token: 'x' }), { name: 'TypeError', message: /http/ })
  }
})

const PROBLEM = { 'content-type': 'application/problem+json' }
