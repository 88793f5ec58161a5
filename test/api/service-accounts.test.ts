// Service accounts: within their maker's reach, and seen by none but their maker and the admins.

import t from 'tap'
import { addDatabase, grant, serviceAccount, worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)

interface Page {
  items: { name: string }[]
  next_cursor: string | null
}

async function shopWith(world: World) {
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  const bob = await world.person('bob@example.com', 'member')
  for (const name of ['shop', 'owner/stock', 'secret']) await addDatabase(world, admin, name)
  await grant(world, admin, ada, 'shop', 'writer')
  await grant(world, admin, ada, 'owner/stock', 'reader')
  return { admin, ada, bob }
}

void t.test('the reach of service accounts', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const { admin, ada, bob } = await shopWith(world)
  const create = (name: string, role: string, databases: string[]) =>
    world.ask('POST', '/v1/service-accounts', ada.token, { name, scope: { type: 'pinned', role, databases } })

  const list = async (token: string, query = '') =>
    (await world.ask('GET', `/v1/service-accounts${query}`, token)).json<Page>()

  await t.test('a role above the cap is refused, with the cap and the database that sets it', async t => {
    const response = await create('etl', 'writer', ['shop', 'owner/stock'])
    t.equal(response.statusCode, 403)
    t.match(response.json(), { code: 'role_above_cap', cap: 'reader', database: 'owner/stock' })
  })

  await t.test('a database that is out of reach looks like one that is not there', async t => {
    const [secret, none] = [await create('etl', 'reader', ['secret']), await create('etl', 'reader', ['none'])]
    const strip = (text: string) => text.replace(/urn:uuid:[^"]*/, '').replaceAll(/secret|none/g, 'X')
    t.equal(strip(secret.payload), strip(none.payload))
    t.match(secret.json(), { code: 'role_above_cap', cap: null, database: 'secret' })
  })

  await t.test('within the cap it is made, and reaches what was chosen', async t => {
    const response = await create('etl', 'reader', ['owner/stock', 'shop'])
    t.equal(response.statusCode, 201)
    t.equal(response.headers.location, '/v1/service-accounts/etl')
    t.match(response.json(), {
      name: 'etl',
      email: 'etl@service.postern.invalid',
      state: 'active',
      scope: { type: 'pinned', role: 'reader', databases: ['owner/stock', 'shop'] },
      made_by: 'ada@example.com',
      active_keys: 0,
      last_used_at: null,
    })
    t.match((await create('etl', 'reader', ['shop'])).json(), { status: 409, code: 'name_taken' })
  })

  await t.test('it was last used when any of its keys was', async t => {
    const { name, token, keyId } = await serviceAccount(world, ada, { name: 'cron' })
    const other = (await world.ask('POST', `/v1/accounts/${name}/keys`, ada.token, {})).json<{ key: { id: string } }>()
    const use = `insert into postern.key_uses (key_id, used_at, address, application, database)
      values ($1, $2, '192.0.2.7', 'psql', 'shop')`
    await world.store.run('use', use, [keyId, '2026-05-04 03:02:01.5+00'])
    await world.store.run('use', use, [other.key.id, '2026-05-03 03:02:01.5+00'])
    await world.ask('POST', '/v1/keys/revoke', null, { token })
    const shown = (await world.ask('GET', `/v1/service-accounts/${name}`, ada.token)).json<object>()
    t.match(shown, { active_keys: 1, last_used_at: '2026-05-04T03:02:01.500Z' })
  })

  await t.test('a list of networks is kept in its one form, or each mistake in it named', async t => {
    const scope = { type: 'pinned', role: 'reader', databases: ['shop'] }
    const from = (name: string, ...networks: string[]) =>
      world.ask('POST', '/v1/service-accounts', ada.token, { name, scope, allow_from: networks })
    const made = await from('here', '10.0.0.0/8', '192.0.2.7', '2001:DB8:0::/32', '::ffff:192.0.2.7')
    t.strictSame(made.json<{ allow_from: string[] }>().allow_from, ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32'])
    const refused = await from('there', '10.0.0.0/8', '10.0.0.5/8', 'home', '2001:db8::1/32')
    t.match(refused.json(), {
      code: 'invalid_request',
      errors: [
        { field: 'allow_from[1]', hint: 'The network is 10.0.0.0/8; the address alone is 10.0.0.5/32.' },
        { field: 'allow_from[2]', problem: 'is not a network' },
        { field: 'allow_from[3]', hint: 'The network is 2001:db8::/32; the address alone is 2001:db8::1/128.' },
      ],
    })
    t.match((await from('there')).json(), { code: 'invalid_request', errors: [{ field: 'allow_from' }] })
    const many = Array.from({ length: 101 }, (_, index) => `10.0.${index}.0/24`)
    t.match((await from('there', ...many)).json(), { code: 'invalid_request', errors: [{ field: 'allow_from' }] })
    const edit = await world.ask('PATCH', '/v1/service-accounts/here', ada.token, { allow_from: null })
    t.match(edit.json(), { code: 'scope_immutable' }, 'a pinned one is never edited')
  })

  await t.test('when its maker has less, so has it, and it is told why', async t => {
    const robot = await serviceAccount(world, ada, { name: 'robot', role: 'writer' })
    await grant(world, admin, ada, 'shop', 'reader')
    const me = (await world.ask('GET', '/v1/me', robot.token)).json<object>()
    t.match(me, {
      account: { name: 'robot', kind: 'service', org_role: null },
      key: { id: robot.keyId },
      reach: [
        {
          database: 'shop',
          role: 'reader',
          because: { rule: 'capped-by-maker', maker: 'ada@example.com', pinned: 'writer' },
        },
      ],
    })
    await grant(world, admin, ada, 'shop', 'writer')
  })

  await t.test(
    'another member neither sees it nor its keys, by the same answer as for a name that is free',
    async t => {
      const strip = (text: string) => text.replace(/urn:uuid:[^"]*/, '')
      for (const path of [
        '/v1/service-accounts/NAME',
        '/v1/accounts/NAME/keys',
        '/v1/databases/shop/connect?account=NAME',
      ]) {
        const there = await world.ask('GET', path.replace('NAME', 'robot'), bob.token)
        const free = await world.ask('GET', path.replace('NAME', 'nobody'), bob.token)
        t.equal(there.statusCode, 404)
        t.equal(strip(there.payload), strip(free.payload), path)
      }
      t.strictSame(await list(bob.token), { items: [], next_cursor: null })
    },
  )

  await t.test('disable and enable may be repeated; its key stops and works again', async t => {
    const { token } = await serviceAccount(world, ada, { name: 'switch' })
    const status = async () => (await world.ask('GET', '/v1/me', token)).statusCode
    for (const verb of ['disable', 'disable']) {
      t.match((await world.ask('POST', `/v1/service-accounts/switch/${verb}`, ada.token)).json(), { state: 'disabled' })
    }
    t.equal(await status(), 401)
    for (const verb of ['enable', 'enable']) {
      t.match((await world.ask('POST', `/v1/service-accounts/switch/${verb}`, ada.token)).json(), { state: 'active' })
    }
    t.equal(await status(), 200)
  })

  await t.test('delete is final, and gives the name back', async t => {
    const { token, keyId } = await serviceAccount(world, ada, { name: 'gone' })
    t.equal((await world.ask('DELETE', '/v1/service-accounts/gone', ada.token)).statusCode, 204)
    t.equal((await world.ask('GET', '/v1/me', token)).statusCode, 401)
    t.match((await world.ask('DELETE', '/v1/service-accounts/gone', ada.token)).json(), { code: 'account_not_found' })
    t.match((await world.ask('GET', `/v1/keys/${keyId}`, ada.token)).json(), { state: 'revoked' })
    t.equal((await create('gone', 'reader', ['shop'])).statusCode, 201)
  })

  await t.test('a person is no service account, for the routes of those', async t => {
    t.equal((await world.ask('DELETE', '/v1/service-accounts/ada%40example.com', admin.token)).statusCode, 404)
    t.equal((await world.ask('POST', '/v1/service-accounts/ada%40example.com/disable', ada.token)).statusCode, 404)
    t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 200)
  })

  await t.test("a member's list leaves out the others', page by page", async t => {
    await grant(world, admin, bob, 'shop', 'reader')
    for (const name of ['a1', 'f1', 'z1']) await serviceAccount(world, bob, { name })
    const names: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Page = await list(bob.token, `?limit=2${cursor && `&cursor=${cursor}`}`)
      t.ok(page.items.length <= 2)
      names.push(...page.items.map(({ name }) => name))
      cursor = page.next_cursor
    }
    t.strictSame(names, ['a1', 'f1', 'z1'])
    const all = await list(admin.token)
    t.ok(all.items.some(({ name }) => name === 'robot') && all.items.some(({ name }) => name === 'f1'))
  })
})
