// Databases: registered with proof, seen by those who reach them, and how to connect to them.

import pg from 'pg'
import t from 'tap'
import { addDatabase, grant, serviceAccount, worlds } from './fixture.js'

const makeWorld = await worlds(t)

interface Page {
  items: { name: string; role: string | null; upstream?: object }[]
  next_cursor: string | null
}

void t.test('registering databases', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')

  await t.test('provisioned logins are proved and kept; the credentials of the URL are not', async t => {
    const response = await addDatabase(world, admin, 'shop')
    t.equal(response.statusCode, 201)
    t.match(response.json(), {
      database: { name: 'shop', role: 'admin', upstream: { host: '127.0.0.1', users: { reader: /reader/ } } },
      proof: { ok: true },
    })
    t.notMatch(response.payload, world.server.superuser.password)
    const rows = await world.store.run<{ text: string }>(
      'look',
      'select d::text || l::text as text from postern.databases d join postern.logins l on l.database_id = d.id',
    )
    t.equal(rows.length, 3)
    for (const { text } of rows) t.notMatch(text, world.server.superuser.password)
  })

  await t.test('a name that is taken is refused before anything is done on the server', async t => {
    const url = await world.server.freshDatabase()
    const response = await world.ask('POST', '/v1/databases', admin.token, { name: 'shop', url, provision: true })
    t.match(response.json(), { status: 409, code: 'name_taken' })
  })

  await t.test('given logins that are too mighty are refused, with every finding', async t => {
    const url = await world.server.freshDatabase()
    const { user, password } = world.server.superuser
    const login = { user, password }
    const logins = { reader: login, writer: login, admin: login }
    const response = await world.ask('POST', '/v1/databases', admin.token, { name: 'mighty', url, logins })
    t.equal(response.statusCode, 422)
    const problem = response.json<{ code: string; findings: { role: string; ok: boolean }[] }>()
    t.equal(problem.code, 'proof_failed')
    t.ok(problem.findings.some(({ role, ok }) => role === 'reader' && !ok))
    t.notMatch(response.payload, password)
    t.equal((await world.ask('GET', '/v1/databases/mighty', admin.token)).statusCode, 404)
  })

  await t.test('either provision or logins, and not both', async t => {
    const login = { user: 'u', password: 'p' }
    const logins = { reader: login, writer: login, admin: login }
    for (const extra of [{}, { provision: false }, { provision: true, logins }]) {
      const body = { name: 'new', url: 'postgres://u:p@127.0.0.1/x', ...extra }
      const response = await world.ask('POST', '/v1/databases', admin.token, body)
      t.match(response.json(), { code: 'invalid_request', errors: [{ field: 'logins' }] })
    }
  })

  await t.test('a URL with a mistake is told of, without its password', async t => {
    const url = 'postgres://me:hunter2@127.0.0.1/x?sslmode=sometimes'
    const response = await world.ask('POST', '/v1/databases', admin.token, { name: 'new', url, provision: true })
    t.match(response.json(), { status: 400, code: 'bad_database_url', detail: /sslmode/ })
    t.notMatch(response.payload, 'hunter2')
  })

  await t.test('a file of the machine of the API is not read for a caller', async t => {
    const url = 'postgres://me:hunter2@127.0.0.1/x?sslmode=verify-full&sslrootcert=/etc/passwd'
    const response = await world.ask('POST', '/v1/databases', admin.token, { name: 'new', url, provision: true })
    t.match(response.json(), { status: 400, code: 'bad_database_url' })
  })

  await t.test('a server that does not answer, or refuses the login, is told of', async t => {
    const shut = 'postgres://me:hunter2@127.0.0.1:1/x'
    const refused = (await world.server.freshDatabase()).replace(world.server.superuser.password, 'hunter2')
    for (const url of [shut, refused]) {
      const response = await world.ask('POST', '/v1/databases', admin.token, { name: 'new', url, provision: true })
      t.match(response.json(), { status: 502, code: 'upstream_failed' })
      t.notMatch(response.payload, 'hunter2')
    }
    t.notMatch(JSON.stringify(world.logged), 'hunter2')
  })

  await t.test('a check tells of drift', async t => {
    t.match((await world.ask('POST', '/v1/databases/shop/check', admin.token)).json(), { ok: true })
    const client = new pg.Client(world.server.url('postgres'))
    await client.connect()
    await client.query('alter role postern_shop_reader createdb')
    await client.end()
    const drifted = (await world.ask('POST', '/v1/databases/shop/check', admin.token)).json<{
      ok: boolean
      findings: { role: string; check: string; ok: boolean }[]
    }>()
    t.equal(drifted.ok, false)
    t.match(
      drifted.findings.filter(({ ok }) => !ok),
      [{ role: 'reader', check: 'attributes' }],
    )
  })

  await t.test('removed is removed', async t => {
    t.equal((await world.ask('DELETE', '/v1/databases/shop', admin.token)).statusCode, 200)
    t.match((await world.ask('DELETE', '/v1/databases/shop', admin.token)).json(), { code: 'database_not_found' })
  })
})

void t.test('who sees which database', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  for (const name of ['shop', 'owner/stock', 'secret']) await addDatabase(world, admin, name)
  await grant(world, admin, ada, 'shop', 'writer')
  await grant(world, admin, ada, 'owner/stock', 'reader')
  const robot = await serviceAccount(world, ada, { name: 'robot' })
  const list = async (token: string, query = '') =>
    (await world.ask('GET', `/v1/databases${query}`, token)).json<Page>()

  await t.test('a member sees what they reach, and not where it really is', async t => {
    t.strictSame((await list(ada.token)).items, [
      { name: 'owner/stock', role: 'reader' },
      { name: 'shop', role: 'writer' },
    ])
    t.strictSame((await list(robot.token)).items, [{ name: 'shop', role: 'reader' }])
    t.strictSame((await world.ask('GET', '/v1/databases/owner%2Fstock', ada.token)).json(), {
      name: 'owner/stock',
      role: 'reader',
    })
  })

  await t.test('what they do not reach is not there', async t => {
    const strip = (text: string) => text.replace(/urn:uuid:[^"]*/, '')
    const secret = await world.ask('GET', '/v1/databases/secret', ada.token)
    const none = await world.ask('GET', '/v1/databases/none', ada.token)
    t.equal(strip(secret.payload), strip(none.payload))
  })

  await t.test('an admin sees all, with their own role where they have one', async t => {
    await grant(world, admin, admin, 'shop', 'admin')
    const { items } = await list(admin.token)
    t.match(items, [
      { name: 'owner/stock', role: 'admin' },
      { name: 'secret', role: 'admin' },
      { name: 'shop', role: 'admin', upstream: { host: '127.0.0.1' } },
    ])
  })

  await t.test('both kinds of list come in pages', async t => {
    for (const token of [ada.token, admin.token]) {
      const names: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: Page = await list(token, `?limit=1${cursor && `&cursor=${cursor}`}`)
        names.push(...page.items.map(({ name }) => name))
        cursor = page.next_cursor
      }
      t.strictSame(
        names,
        (await list(token)).items.map(({ name }) => name),
      )
    }
  })

  await t.test('grants are listed, replaced and taken away', async t => {
    const path = '/v1/databases/owner%2Fstock/grants'
    const mine = `${path}/ada%40example.com`
    t.match((await world.ask('GET', path, admin.token)).json(), {
      items: [{ account: 'ada@example.com', database: 'owner/stock', role: 'reader' }],
      next_cursor: null,
    })
    t.match((await world.ask('PUT', mine, admin.token, { role: 'admin' })).json(), { role: 'admin' })
    t.equal((await world.ask('DELETE', mine, admin.token)).statusCode, 204)
    t.match((await world.ask('DELETE', mine, admin.token)).json(), { status: 404, code: 'grant_not_found' })
    const machine = await world.ask('PUT', `${path}/robot`, admin.token, { role: 'reader' })
    t.match(machine.json(), { status: 409, code: 'not_a_person' })
  })

  await t.test('connection information is for accounts with a role there', async t => {
    const mine = (await world.ask('GET', '/v1/databases/shop/connect', ada.token)).json<{ uri: string }>()
    t.match(mine, { account: 'ada@example.com', role: 'writer', host: 'proxy.example.com', port: 6432 })
    t.equal(mine.uri, 'postgresql://ada%40example.com:<token>@proxy.example.com:6432/shop?sslmode=require')
    const its = await world.ask('GET', '/v1/databases/shop/connect?account=robot', ada.token)
    t.match(its.json(), { account: 'robot', role: 'reader' })
    await grant(world, admin, ada, 'secret', 'reader')
    const refused = await world.ask('GET', '/v1/databases/secret/connect?account=robot', ada.token)
    t.match(refused.json(), { status: 409, code: 'no_access', detail: 'robot has no role on secret.' })
  })
})

void t.test('the host of connection strings is the one by which the API was called, if it is one', async t => {
  const world = await makeWorld(t, { connect: { host: () => null } })
  const admin = await world.person('admin@example.com', 'admin')
  await addDatabase(world, admin, 'shop')
  await grant(world, admin, admin, 'shop', 'reader')
  const ask = async (host: string) => {
    const headers = { authorization: `Key ${admin.token}`, host }
    const response = await world.app.inject({ url: '/v1/databases/shop/connect', headers })
    return response.json<{ host: string }>().host
  }
  t.equal(await ask('postern.example.com:8080'), 'postern.example.com')
  t.equal(await ask('[::1]:8080'), '::1')
  t.equal(await ask(`x'$(reboot)'`), 'localhost')
})
