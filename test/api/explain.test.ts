// What the API explains: may an account use a database, who has which role there, and why.

import t from 'tap'
import { deleteAccount, disableAccount, enableAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { addDatabase, grant, group, groupsAccount, serviceAccount, worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)

async function organization(world: World) {
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  const bob = await world.person('bob@example.com', 'member')
  const vera = await world.person('vera@example.com', 'viewer')
  for (const name of ['shop', 'owner/stock']) await addDatabase(world, admin, name)
  await grant(world, admin, ada, 'shop', 'writer')
  await grant(world, admin, bob, 'shop', 'reader')
  await group(world, admin, { name: 'on-call' }, { shop: 'admin' })
  const robot = await serviceAccount(world, ada, { name: 'robot', role: 'writer' })
  const deputy = await groupsAccount(world, admin, 'deputy', ['on-call'])
  return { admin, ada, bob, vera, robot, deputy }
}

void t.test('what an account may do, and why', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const { admin, ada, bob, vera, robot, deputy } = await organization(world)
  const explain = async (token: string, account: string, database = 'shop') => {
    const query = new URLSearchParams({ account, database }).toString()
    return (await world.ask('GET', `/v1/explain?${query}`, token)).json<object>()
  }
  interface Access {
    account: string
    role: string | null
  }
  const access = async (token: string, query = '') =>
    (await world.ask('GET', `/v1/databases/shop/access${query}`, token)).json<{
      items: Access[]
      next_cursor: string | null
    }>()

  await t.test('an admin is told role, login and rule', async t => {
    t.match(await explain(admin.token, 'deputy'), {
      allowed: true,
      role: 'admin',
      because: { rule: 'group', group: 'on-call' },
      login: /_admin$/,
      reason: null,
    })
    t.match(await explain(vera.token, ada.account.name), {
      role: 'writer',
      because: { rule: 'direct' },
      login: /_writer$/,
    })
  })

  await t.test('an account explains itself and those that it made, without the login', async t => {
    for (const token of [ada.token, robot.token]) {
      const told = await explain(token, 'robot')
      t.match(told, { allowed: true, role: 'writer', because: { rule: 'pinned' } })
      t.notOk('login' in told)
    }
    t.match(await explain(deputy.token, 'deputy'), { role: 'admin' })
    t.match(await explain(bob.token, 'robot'), { code: 'account_not_found' })
    t.match(await explain(bob.token, 'nobody'), { code: 'account_not_found' })
  })

  await t.test('who does not see the organization can not tell an unknown database from one not granted', async t => {
    for (const database of ['owner/stock', 'nowhere']) {
      t.match(await explain(ada.token, 'robot', database), { allowed: false, role: null, reason: 'not_granted' })
    }
    t.match(await explain(vera.token, 'robot', 'owner/stock'), { reason: 'not_granted' })
    t.match(await explain(vera.token, 'robot', 'nowhere'), { reason: 'database_unknown' })
  })

  await t.test('from where an account may come is told, and whether an address is among it', async t => {
    const list = ['192.0.2.0/24']
    await world.ask('PATCH', '/v1/service-accounts/deputy', admin.token, { allow_from: list })
    const from = async (address: string) => {
      const query = new URLSearchParams({ account: 'deputy', database: 'shop', address }).toString()
      return (await world.ask('GET', `/v1/explain?${query}`, admin.token)).json<object>()
    }
    t.match(await explain(admin.token, 'deputy'), { allowed: true, allow_from: list })
    t.match(await from('192.0.2.7'), { allowed: true, allow_from: list })
    t.match(await from('198.51.100.7'), { allowed: false, reason: 'address', allow_from: list })
    await world.ask('PATCH', '/v1/service-accounts/deputy', admin.token, { allow_from: null })
    t.match(await explain(admin.token, 'deputy'), { allow_from: null })
  })

  await t.test('a disabled account, one without a key, an unknown and a deleted one are told apart', async t => {
    const spare = await serviceAccount(world, ada, { name: 'spare' })
    await world.ask('POST', '/v1/service-accounts/spare/disable', ada.token)
    t.match(await explain(ada.token, 'spare'), { allowed: false, reason: 'disabled' })
    await world.ask('POST', '/v1/service-accounts/spare/enable', ada.token)
    await world.ask('POST', `/v1/keys/${spare.keyId}/revoke`, ada.token)
    t.match(await explain(ada.token, 'spare'), { reason: 'no_active_key' })
    await world.ask('DELETE', '/v1/service-accounts/spare', ada.token)
    t.match(await explain(vera.token, 'spare'), { reason: 'deleted' })
    t.match(await explain(vera.token, 'nobody'), { reason: 'unknown_account' })
    t.match(await explain(ada.token, 'spare'), { code: 'account_not_found' })
  })

  await t.test('the cap of the maker, the loss of the database, and a maker who is gone', async t => {
    await grant(world, admin, ada, 'shop', 'reader')
    const because = { rule: 'capped-by-maker', maker: 'ada@example.com', pinned: 'writer' }
    t.match(await explain(ada.token, 'robot'), { role: 'reader', because })
    t.match((await access(ada.token)).items, [
      { account: 'ada@example.com' },
      { account: 'robot', role: 'reader', because },
    ])
    await world.ask('DELETE', '/v1/databases/shop/grants/ada%40example.com', admin.token)
    t.match(await explain(admin.token, 'robot'), { reason: 'maker_lost_it' })
    await grant(world, admin, ada, 'shop', 'writer')
    await disableAccount(world.store, ada.account.id)
    t.match(await explain(admin.token, 'robot'), { reason: 'maker_inactive' })
    const lost = (await access(vera.token)).items.find(({ account }) => account === 'robot')
    t.match(lost, { state: 'active', role: null, reason: 'maker_inactive' })
    await enableAccount(world.store, ada.account.id)
    t.match(await explain(admin.token, 'robot'), { allowed: true, role: 'writer' })
  })

  await t.test('who has which role is listed by name, page by page, each once', async t => {
    await world.ask('PUT', '/v1/groups/on-call/members/bob%40example.com', admin.token)
    const listed: Access[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await access(vera.token, `?limit=2${cursor && `&cursor=${cursor}`}`)
      t.ok(page.items.length <= 2)
      listed.push(...page.items)
      cursor = page.next_cursor
    }
    t.match(listed, [
      { account: 'ada@example.com', kind: 'personal', role: 'writer', because: { rule: 'direct' } },
      { account: 'admin@example.com', role: 'admin', because: { rule: 'direct' } },
      { account: 'bob@example.com', role: 'admin', because: { rule: 'group', group: 'on-call' } },
      { account: 'deputy', kind: 'service', role: 'admin', because: { rule: 'group', group: 'on-call' } },
      { account: 'robot', kind: 'service', role: 'writer', because: { rule: 'pinned' } },
    ])
    t.equal(listed.length, 5)
  })

  await t.test('a member sees themselves and what they made', async t => {
    const names = async (token: string) => (await access(token)).items.map(({ account }) => account)
    t.same(await names(ada.token), ['ada@example.com', 'robot'])
    t.same(await names(bob.token), ['bob@example.com'])
  })

  await t.test('what is listed is what is explained, for every account', async t => {
    for (const { account, role } of (await access(admin.token)).items) {
      if (account.startsWith('vera')) continue
      t.match(await explain(admin.token, account), { role }, account)
    }
  })

  await t.test('who is deleted is listed no more', async t => {
    await withTransaction(world.store, tx => deleteAccount(tx, bob.account.id))
    t.notOk((await access(admin.token)).items.some(({ account }) => account === 'bob@example.com'))
  })
})
