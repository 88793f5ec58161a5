// Search in lists: `q` on every list that people choose from.

import t from 'tap'
import { manyAccounts } from '../support/many.js'
import { addDatabase, grant, group, groupsAccount, serviceAccount, worlds, type Person } from './fixture.js'

interface Page {
  items: { name?: string; account?: string; email?: string; database?: string }[]
  next_cursor: string | null
}

const makeWorld = await worlds(t)

void t.test('search in lists', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada_l@example.com', 'member')
  for (const name of ['shop', 'shop_2', 'owner/stock']) await addDatabase(world, admin, name)
  await grant(world, admin, ada, 'shop', 'writer')
  await grant(world, admin, ada, 'owner/stock', 'reader')
  await group(world, admin, { name: 'staff' }, { shop: 'reader', shop_2: 'reader', 'owner/stock': 'reader' })
  await group(world, admin, { name: 'on_call' })
  await world.ask('PATCH', '/v1/groups/on_call', admin.token, { description: '100% awake at night' })
  await groupsAccount(world, admin, 'night-shift', ['staff'])
  await serviceAccount(world, ada, { name: 'etl_1' })
  await serviceAccount(world, ada, { name: 'etl-2' })
  await world.ask('PATCH', '/v1/service-accounts/night-shift', admin.token, { description: 'Copies Rows' })

  const page = async (list: string, query: Record<string, string>, who: Person = admin) => {
    const response = await world.ask('GET', `/v1/${list}?${new URLSearchParams(query).toString()}`, who.token)
    t.equal(response.statusCode, 200, response.payload)
    return response.json<Page>()
  }
  const found = async (list: string, q: string, who: Person = admin, more: Record<string, string> = {}) =>
    (await page(list, { q, ...more }, who)).items.map(
      ({ name, account, email, database }) => name ?? email ?? (list.endsWith('grants') ? database : account),
    )

  await t.test('a part of a name is found in each list, in upper or lower case', async t => {
    t.same(await found('service-accounts', 'TL-2'), ['etl-2'])
    t.same(await found('databases', 'STOCK'), ['owner/stock'])
    t.same(await found('databases', 'Stock', ada), ['owner/stock'], 'by a member among what they reach')
    t.same(await found('groups', 'ALL'), ['on_call'])
    t.same(await found('users', 'ADA'), ['ada_l@example.com'])
    t.same(await found('databases/shop/access', 'TL-'), ['etl-2'])
    t.same(await found('groups/staff/members', 'Shift'), ['night-shift'])
    t.same(await found('groups/staff/grants', 'Owner/'), ['owner/stock'])
  })

  await t.test('a description is searched where there is one', async t => {
    t.same(await found('service-accounts', 'copies rows'), ['night-shift'])
    t.same(await found('groups', 'AT NIGHT'), ['on_call'])
  })

  await t.test('percent sign, underscore and backslash are literal', async t => {
    t.same(await found('service-accounts', 'l_'), ['etl_1'])
    t.same(await found('databases', '_'), ['shop_2'])
    t.same(await found('databases', '_', ada), [])
    t.same(await found('groups', '%'), ['on_call'])
    t.same(await found('users', '_'), ['ada_l@example.com'])
    t.same(await found('databases/shop/access', '_'), ['ada_l@example.com', 'etl_1'])
    t.same(await found('groups/staff/grants', '%'), [])
    t.same(await found('groups/staff/members', '_'), [])
    for (const list of ['service-accounts', 'users', 'groups', 'databases']) t.same(await found(list, '\\'), [])
  })

  await t.test('an empty search finds all', async t => {
    t.same(await found('groups', ''), ['on_call', 'staff'])
    t.same(await found('databases', '', ada), ['owner/stock', 'shop'])
  })

  await t.test('a search finds no more than the caller may see', async t => {
    t.same(await found('service-accounts', 'night', ada), [])
    t.same(await found('databases', 'shop', ada), ['shop'])
    t.same(await found('databases/shop/access', 'night', ada), [])
  })

  await t.test('a text that is too long, or holds a zero byte, is refused with a reason', async t => {
    const lists = ['service-accounts', 'databases', 'groups', 'users', 'databases/shop/access']
    for (const list of [...lists, 'groups/staff/members', 'groups/staff/grants']) {
      for (const q of ['x'.repeat(255), '\0']) {
        const { pathname, search } = new URL(`http://x/v1/${list}?${new URLSearchParams({ q }).toString()}`)
        const refused = await world.ask('GET', pathname + search, admin.token)
        t.match(refused.json(), { status: 400, code: 'invalid_request', errors: [{ field: 'q' }] }, list)
      }
      t.same(await found(list, 'x'.repeat(254)), [])
    }
  })

  await t.test('pages of a search hold each match once', async t => {
    const sql = "select id from postern.databases where name = 'shop'"
    const [database] = await world.store.run<{ id: string }>('find a database', sql, [])
    const databaseId = database?.id ?? ''
    await manyAccounts(world.store, { prefix: 'job-', howMany: 130, databaseId, makerId: ada.account.id })
    for (const list of ['service-accounts', 'databases/shop/access']) {
      const names: (string | undefined)[] = []
      let cursor: string | null = null
      do {
        const query: Record<string, string> = { q: 'JOB-01', limit: '7', ...(cursor !== null && { cursor }) }
        const { items, next_cursor }: Page = await page(list, query)
        names.push(...items.map(({ name, account }) => name ?? account))
        cursor = next_cursor
      } while (cursor !== null)
      t.same(
        names,
        Array.from({ length: 30 }, (_, i) => `job-01${String(i).padStart(2, '0')}`),
      )
    }
  })

  await t.test('who reaches a database is listed by kind and by state', async t => {
    await world.ask('POST', '/v1/service-accounts/etl_1/disable', admin.token)
    t.same(await found('databases/shop/access', 'etl', admin, { state: 'active' }), ['etl-2'])
    t.same(await found('databases/shop/access', 'etl', admin, { state: 'disabled' }), ['etl_1'])
    t.same(await found('databases/shop/access', 'l', admin, { kind: 'personal' }), [
      'ada_l@example.com',
      'admin@example.com',
    ])
    t.notOk((await found('databases/shop/access', '@', admin, { kind: 'service' })).length)
  })

  await t.test('the access of one account says what it has, or that it has none', async t => {
    const access = async (account: string, database = 'shop', who = admin) =>
      (
        await world.ask('GET', `/v1/databases/${encodeURIComponent(database)}/access/${account}`, who.token)
      ).json<object>()
    t.match(await access('etl-2'), { kind: 'service', state: 'active', role: 'reader', because: { rule: 'pinned' } })
    t.match(await access('etl_1'), { state: 'disabled', role: 'reader' })
    t.match(await access('etl-2', 'owner/stock'), { state: 'active', role: null, reason: 'not_granted' })
    t.match(await access('no-such'), { status: 404, code: 'account_not_found' })
    t.match(await access('night-shift', 'shop', ada), { status: 404, code: 'account_not_found' })
  })

  await t.test('service accounts are listed by who created them', async t => {
    t.same(await found('service-accounts', 'etl', admin, { made_by: 'ada_l@example.com' }), ['etl-2', 'etl_1'])
    t.same(await found('service-accounts', '', admin, { made_by: 'admin@example.com' }), [])
    t.same(await found('service-accounts', '', ada, { made_by: 'admin@example.com' }), [])
    t.same(await found('service-accounts', '', admin, { made_by: 'no-such' }), [])
  })
})
