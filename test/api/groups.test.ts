// Groups through the API, and the service accounts that reach what their groups give.

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { addDatabase, grant, group, groupsAccount, serviceAccount, worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)

async function organization(world: World) {
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  for (const name of ['shop', 'owner/stock']) await addDatabase(world, admin, name)
  await grant(world, admin, ada, 'shop', 'writer')
  await group(world, admin, { name: 'staff' }, { shop: 'reader', 'owner/stock': 'reader' })
  await group(world, admin, { name: 'on-call' }, { shop: 'admin' })
  await group(world, admin, { name: 'admins', organization_admin: true })
  return { admin, ada }
}

void t.test('groups', { timeout: 120_000 }, async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const ask = (method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', path: string, body?: object) =>
    world.ask(method, `/v1${path}`, admin.token, body)
  const me = async (token: string) => (await world.ask('GET', '/v1/me', token)).json<object>()

  await t.test('a group is shown with how many members and grants it has, and edited in parts', async t => {
    const made = await ask('POST', '/groups', { name: 'temps', description: 'for a while' })
    t.equal(made.headers.location, '/v1/groups/temps')
    t.match(made.json(), {
      name: 'temps',
      description: 'for a while',
      organization_admin: false,
      members: 0,
      grants: 0,
    })
    t.match((await ask('POST', '/groups', { name: 'temps' })).json(), { status: 409, code: 'name_taken' })
    t.match((await ask('PATCH', '/groups/temps', { organization_admin: true })).json(), { description: 'for a while' })
    const edited = await ask('PATCH', '/groups/temps', { name: 'guests', description: null })
    t.match(edited.json(), { name: 'guests', description: null, organization_admin: true })
    t.match((await ask('GET', '/groups/temps')).json(), { status: 404, code: 'group_not_found' })
    t.equal((await ask('DELETE', '/groups/guests')).statusCode, 204)
  })

  await t.test('an edit of another version than the one that was seen is refused', async t => {
    const { etag = '' } = (await ask('GET', '/groups/staff')).headers
    await ask('PUT', '/groups/staff/members/ada%40example.com')
    const edit = (description: string) =>
      world.app.inject({
        method: 'PATCH',
        url: '/v1/groups/staff',
        headers: { authorization: `Bearer ${admin.token}`, 'if-match': etag },
        payload: { description },
      })
    t.equal((await edit('all of us')).statusCode, 200, 'who joins does not matter')
    t.match((await edit('few of us')).json(), { code: 'changed_meanwhile' })
    await ask('DELETE', '/groups/staff/members/ada%40example.com')
  })

  await t.test(
    'an admin changes from where an account in groups may come, and its token is refused elsewhere',
    async t => {
      const traveller = await groupsAccount(world, admin, 'traveller', ['staff'])
      const edit = (body: object) => ask('PATCH', '/service-accounts/traveller', body)
      const meFrom = (remoteAddress: string) =>
        world.app.inject({
          url: '/v1/me',
          remoteAddress,
          headers: { authorization: `Bearer ${traveller.token}` },
        })
      t.match((await edit({ allow_from: ['192.0.2.0/24'] })).json(), { allow_from: ['192.0.2.0/24'] })
      t.match(
        (await edit({ description: 'abroad' })).json(),
        { allow_from: ['192.0.2.0/24'] },
        'what is left out stays',
      )
      t.equal((await meFrom('192.0.2.9')).statusCode, 200)
      t.equal((await meFrom('::ffff:192.0.2.9')).statusCode, 200)
      const refused = await meFrom('198.51.100.9')
      t.match(refused.json(), { status: 401, code: 'credentials_rejected' })
      const strip = (text: string) => text.replace(/urn:uuid:[^"]*/, '')
      const forged = await world.ask('GET', '/v1/me', mintToken().token)
      t.equal(strip(refused.payload), strip(forged.payload), 'as any other that is refused')
      const revoked = await world.ask('POST', '/v1/keys/revoke', null, { token: traveller.token })
      t.equal(revoked.statusCode, 204, 'whoever finds its token may revoke it from anywhere')
      t.equal((await meFrom('192.0.2.9')).statusCode, 401)
      t.match((await edit({ allow_from: null })).json(), { allow_from: null })
      t.equal((await ask('DELETE', '/service-accounts/traveller')).statusCode, 204)
    },
  )

  await t.test('a person in a group has what it gives, is told so, and loses it with the membership', async t => {
    const added = await ask('PUT', '/groups/on-call/members/ada%40example.com')
    t.match(added.json(), { account: 'ada@example.com', kind: 'personal', state: 'active' })
    t.match(await me(ada.token), {
      account: { groups: ['on-call'] },
      reach: [{ database: 'shop', role: 'admin', because: { rule: 'group', group: 'on-call' } }],
    })
    t.equal((await ask('DELETE', '/groups/on-call/members/ada%40example.com')).statusCode, 204)
    t.match(await me(ada.token), { account: { groups: [] }, reach: [{ role: 'writer', because: { rule: 'direct' } }] })
    const again = await ask('DELETE', '/groups/on-call/members/ada%40example.com')
    t.match(again.json(), { status: 404, code: 'member_not_found' })
  })

  await t.test('grants of a group are set, listed in pages, and removed', async t => {
    const set = await ask('PUT', '/groups/admins/grants/owner%2Fstock', { role: 'writer' })
    t.match(set.json(), { group: 'admins', database: 'owner/stock', role: 'writer' })
    const page = (await ask('GET', '/groups/staff/grants?limit=1')).json<{ items: object[]; next_cursor: string }>()
    t.match(page.items, [{ database: 'owner/stock', role: 'reader' }])
    const rest = await ask('GET', `/groups/staff/grants?limit=1&cursor=${page.next_cursor}`)
    t.match(rest.json(), { items: [{ database: 'shop', role: 'reader' }], next_cursor: null })
    t.equal((await ask('DELETE', '/groups/admins/grants/owner%2Fstock')).statusCode, 204)
    const again = await ask('DELETE', '/groups/admins/grants/owner%2Fstock')
    t.match(again.json(), { status: 404, code: 'grant_not_found' })
    const nowhere = await ask('PUT', '/groups/staff/grants/none', { role: 'reader' })
    t.match(nowhere.json(), { status: 404, code: 'database_not_found' })
  })

  await t.test('a service account in groups has the highest of what they give', async t => {
    const { token } = await groupsAccount(world, admin, 'deputy', ['staff', 'on-call'])
    t.match((await ask('GET', '/service-accounts/deputy')).json(), {
      email: 'deputy@service.postern.invalid',
      scope: { type: 'groups', groups: ['on-call', 'staff'] },
      made_by: null,
    })
    t.match(await me(token), {
      account: { kind: 'service', org_role: null, groups: ['on-call', 'staff'] },
      reach: [
        { database: 'owner/stock', role: 'reader' },
        { database: 'shop', role: 'admin', because: { group: 'on-call' } },
      ],
    })
  })

  await t.test('only admins make one, and a member is told why', async t => {
    const scope = { type: 'groups', groups: ['staff'] }
    const tried = await world.ask('POST', '/v1/service-accounts', ada.token, { name: 'mine', scope })
    t.match(tried.json(), { status: 403, code: 'groups_scope_needs_admin' })
    const unknown = await ask('POST', '/service-accounts', { name: 'x', scope: { ...scope, groups: ['staff', 'no'] } })
    t.match(unknown.json(), { status: 404, code: 'group_not_found', detail: 'No such group: no.' })
  })

  await t.test('a mistake in a scope is told for the form that was meant', async t => {
    const mistakes = async (scope: unknown) =>
      (await ask('POST', '/service-accounts', { name: 'x', scope })).json<{ errors: { field: string }[] }>().errors
    t.match(await mistakes({ type: 'groups', groups: [] }), [{ field: 'scope.groups' }])
    t.equal((await mistakes({ type: 'groups', groups: [] })).length, 1)
    const pinned = await mistakes({ type: 'pinned', role: 'owner', databases: ['shop'], groups: ['staff'] })
    t.same(pinned.map(({ field }) => field).sort(), ['scope.groups', 'scope.role'])
    t.match(await mistakes({ type: 'both' }), [{ field: 'scope', hint: 'Its `type` is pinned or groups.' }])
  })

  await t.test('one in groups is edited: its description, or all its groups', async t => {
    const edited = await ask('PATCH', '/service-accounts/deputy', { description: 'nightly' })
    t.match(edited.json(), { description: 'nightly', scope: { groups: ['on-call', 'staff'] } })
    const moved = await ask('PATCH', '/service-accounts/deputy', { groups: ['staff'] })
    t.match(moved.json(), { description: 'nightly', scope: { groups: ['staff'] } })
    t.match((await ask('PATCH', '/service-accounts/deputy', { groups: [] })).json(), { code: 'invalid_request' })
    t.match((await ask('PATCH', '/service-accounts/deputy', { name: 'other' })).json(), { code: 'invalid_request' })
    t.match((await ask('PATCH', '/service-accounts/deputy', { groups: ['no'] })).json(), { code: 'group_not_found' })
    const byMember = await world.ask('PATCH', '/v1/service-accounts/deputy', ada.token, { description: 'mine' })
    t.match(byMember.json(), { code: 'account_not_found' })
  })

  await t.test('a pinned one is never edited, nor put into a group, and it is said why', async t => {
    await serviceAccount(world, ada, { name: 'pinned' })
    for (const token of [ada.token, admin.token]) {
      const edit = await world.ask('PATCH', '/v1/service-accounts/pinned', token, { groups: ['staff'] })
      t.match(edit.json(), { status: 409, code: 'scope_immutable' })
    }
    t.match((await ask('PUT', '/groups/staff/members/pinned')).json(), {
      status: 409,
      code: 'scope_immutable',
      detail: 'pinned is pinned: it reaches what was chosen when it was made, and no more.',
    })
  })

  await t.test('what would leave a service account without a group is refused, and the account named', async t => {
    const removal = await ask('DELETE', '/groups/staff/members/deputy')
    t.match(removal.json(), { status: 409, code: 'needs_group', detail: 'deputy is in no group but staff.' })
    const deletion = await ask('DELETE', '/groups/staff')
    t.match(deletion.json(), { status: 409, code: 'needs_group', detail: 'In no other group: deputy.' })
    t.match((await ask('GET', '/groups/staff')).json(), { members: 1 }, 'nothing was changed')
  })

  await t.test('a picker of people asks for those only', async t => {
    await ask('PUT', '/groups/staff/members/ada%40example.com')
    const names = async (query: string) =>
      (await ask('GET', `/groups/staff/members${query}`))
        .json<{ items: { account: string }[] }>()
        .items.map(({ account }) => account)
    t.same(await names(''), ['ada@example.com', 'deputy'])
    t.same(await names('?kind=personal'), ['ada@example.com'])
  })

  await t.test('a machine of an admin group does what admins do, within its own reach', async t => {
    const { token } = await groupsAccount(world, admin, 'caretaker', ['admins', 'staff'])
    const make = (name: string, scope: object) => world.ask('POST', '/v1/service-accounts', token, { name, scope })
    t.equal((await make('made', { type: 'groups', groups: ['staff'] })).statusCode, 201)
    const above = await make('above', { type: 'pinned', role: 'writer', databases: ['shop'] })
    t.match(above.json(), { code: 'role_above_cap', cap: 'reader', database: 'shop' })
    const within = await make('within', { type: 'pinned', role: 'reader', databases: ['shop'] })
    t.match(within.json(), { made_by: 'caretaker' })
    t.equal((await ask('PATCH', '/groups/admins', { organization_admin: false })).statusCode, 200)
    t.match((await make('late', { type: 'groups', groups: ['staff'] })).json(), { code: 'permission_denied' })
  })

  await t.test('every change is in the audit log', async t => {
    const rows = await world.store.run<{ action: string; target: string }>(
      'read the log',
      `select distinct action, target from postern.audit_events where outcome = 'done'
       and (action like 'group%' or action = 'service-account.edit')`,
    )
    const told = rows.map(({ action, target }) => `${action} ${target}`)
    for (const expected of [
      'group.create temps',
      'group.edit temps',
      'group.delete guests',
      'group-member.add on-call ada@example.com',
      'group-member.remove on-call ada@example.com',
      'group-grant.set admins owner/stock',
      'group-grant.remove admins owner/stock',
      'service-account.edit deputy',
    ])
      t.ok(told.includes(expected), expected)
  })
})

void t.test('a setting reserves the making of pinned accounts for admins', { timeout: 60_000 }, async t => {
  const world = await makeWorld(t, { pinnedMakers: 'admins' })
  const { admin, ada } = await organization(world)
  const body = (name: string) => ({ name, scope: { type: 'pinned', role: 'reader', databases: ['shop'] } })
  const tried = await world.ask('POST', '/v1/service-accounts', ada.token, body('mine'))
  t.match(tried.json(), { status: 403, code: 'pinned_scope_needs_admin' })
  t.equal((await world.ask('POST', '/v1/service-accounts', admin.token, body('theirs'))).statusCode, 201)
})

void t.test('a machine that has made accounts is not deleted without a word on them', async t => {
  const world = await makeWorld(t)
  const { admin } = await organization(world)
  await groupsAccount(world, admin, 'caretaker', ['admins', 'staff'])
  const { token } = await groupsAccount(world, admin, 'janitor', ['admins', 'staff'])
  for (const name of ['broom', 'bucket']) {
    const scope = { type: 'pinned', role: 'reader', databases: ['shop'] }
    t.equal((await world.ask('POST', '/v1/service-accounts', token, { name, scope })).statusCode, 201)
  }
  const remove = (query: string) => world.ask('DELETE', `/v1/service-accounts/janitor${query}`, admin.token)
  const facts = { code: 'owns_service_accounts', service_accounts: ['broom', 'bucket'], total: 2 }
  t.match((await remove('')).json(), { status: 409, ...facts })
  t.match((await remove('?transfer_to=vera%40example.com')).json(), { status: 409, code: 'bad_new_maker' })
  t.match((await remove('?transfer_to=ada%40example.com&pinned_accounts=delete')).json(), { code: 'invalid_request' })
  t.equal((await remove('?transfer_to=Ada%40example.com')).statusCode, 204)
  const broom = await world.ask('GET', '/v1/service-accounts/broom', admin.token)
  t.match(broom.json(), { made_by: 'ada@example.com', state: 'active' })
})
