// People of the organization: who sees them, and what admins do with them.

import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { listAuditEvents } from '../../src/store/audit.js'
import { lockChanges, withTransaction } from '../../src/store/transaction.js'
import { addDatabase, grant, serviceAccount, worlds, type Person, type World } from './fixture.js'

const makeWorld = await worlds(t)

const path = ({ account }: Person, action = '') => `/v1/users/${encodeURIComponent(account.name)}${action}`

/** Waits until so many wait for the writers' lock. */
async function writersWait({ store }: World, count: number): Promise<void> {
  const sql = `select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`
  while ((await store.run('look', sql)).length < count) await setImmediate()
}

async function organization(world: World) {
  const admin = await world.person('admin@example.com', 'admin')
  const ada = await world.person('ada@example.com', 'member')
  await addDatabase(world, admin, 'shop')
  await grant(world, admin, ada, 'shop', 'writer')
  return { admin, ada }
}

void t.test('the list has people and no machines', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  await serviceAccount(world, ada, { name: 'robot' })
  const { items } = (await world.ask('GET', '/v1/users', admin.token)).json<{ items: { email: string }[] }>()
  t.strictSame(
    items.map(({ email }) => email),
    ['ada@example.com', 'admin@example.com'],
  )
  t.match(items[0], { org_role: 'member', administers: false, state: 'active', groups: [], active_keys: 1 })
  const robot = await world.ask('GET', '/v1/users/robot', admin.token)
  t.match(robot.json(), { code: 'user_not_found' })
})

void t.test('a person is edited as of the version that was looked at', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const ask = (etag: string, orgRole: string) =>
    world.app.inject({
      method: 'PATCH',
      url: path(ada),
      headers: { authorization: `Bearer ${admin.token}`, 'if-match': etag },
      payload: { org_role: orgRole },
    })
  const { etag } = (await world.ask('GET', path(ada), admin.token)).headers
  const edited = await ask(String(etag), 'viewer')
  t.match(edited.json(), { email: 'ada@example.com', org_role: 'viewer' })
  t.match((await ask(String(etag), 'admin')).json(), { status: 412, code: 'changed_meanwhile' })
  t.equal((await ask(String(edited.headers['etag']), 'admin')).statusCode, 200)
  t.equal((await world.ask('GET', '/v1/invitations', ada.token)).statusCode, 200, 'holds from the next request')
  const { items } = await listAuditEvents(world.store, { action: 'user.edit', outcome: 'done' }, { limit: 9 })
  t.match(items[0], { target: 'ada@example.com', before: { org_role: 'viewer' }, after: { org_role: 'admin' } })
})

void t.test('a deactivated person is out, and in again once activated', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const off = await world.ask('POST', path(ada, '/deactivate'), admin.token)
  t.match(off.json(), { state: 'disabled', deactivated_at: /Z$/ })
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 401)
  t.match((await world.ask('POST', path(ada, '/activate'), admin.token)).json(), {
    state: 'active',
    deactivated_at: null,
  })
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 200)
})

void t.test('the last active admin can not be demoted, nor can anybody stop their own account', async t => {
  const world = await makeWorld(t)
  const { admin } = await organization(world)
  const demoted = await world.ask('PATCH', path(admin), admin.token, { org_role: 'member' })
  t.match(demoted.json(), { status: 409, code: 'last_admin' })
  for (const [method, action] of [
    ['POST', '/deactivate'],
    ['DELETE', ''],
  ] as const) {
    t.match((await world.ask(method, path(admin, action), admin.token)).json(), { status: 409, code: 'own_account' })
  }
})

void t.test('a machine that administers can neither deactivate nor delete the last admin', async t => {
  const world = await makeWorld(t)
  const { admin } = await organization(world)
  await world.ask('POST', '/v1/groups', admin.token, { name: 'staff', organization_admin: true })
  const scope = { type: 'groups', groups: ['staff'] }
  t.equal((await world.ask('POST', '/v1/service-accounts', admin.token, { name: 'deploy', scope })).statusCode, 201)
  const made = await world.ask('POST', '/v1/accounts/deploy/keys', admin.token, {})
  const { token } = made.json<{ token: string }>()
  for (const [method, action] of [
    ['POST', '/deactivate'],
    ['DELETE', ''],
  ] as const) {
    t.match((await world.ask(method, path(admin, action), token)).json(), { status: 409, code: 'last_admin' })
  }
})

void t.test('of two admins who demote each other at the same moment, one stays', async t => {
  const world = await makeWorld(t)
  const { admin } = await organization(world)
  const bea = await world.person('bea@example.com', 'admin')
  // Both have been let in before either is carried out.
  const answers = await withTransaction(world.store, async tx => {
    await lockChanges(tx)
    const asked = [
      world.ask('PATCH', path(bea), admin.token, { org_role: 'member' }),
      world.ask('PATCH', path(admin), bea.token, { org_role: 'member' }),
    ]
    await writersWait(world, 2)
    return { asked }
  }).then(({ asked }) => Promise.all(asked))
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [200, 409])
  const sql = "select name from postern.accounts where org_role = 'admin'"
  t.equal((await world.store.run('look', sql)).length, 1)
})

void t.test('deleting a person whose pinned accounts live asks what becomes of them', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  for (const name of ['robot-b', 'robot-a']) await serviceAccount(world, ada, { name })
  await world.ask('POST', '/v1/service-accounts/robot-b/disable', ada.token)
  const asked = await world.ask('DELETE', path(ada), admin.token)
  t.match(asked.json(), { status: 409, code: 'owns_service_accounts', total: 2 })
  t.strictSame(asked.json<{ service_accounts: string[] }>().service_accounts, ['robot-a', 'robot-b'])
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 200, 'nothing has happened')
  const both = await world.ask('DELETE', `${path(ada)}?pinned_accounts=delete&transfer_to=x%40y`, admin.token)
  t.match(both.json(), { code: 'invalid_request', errors: [{ field: 'transfer_to' }] })
})

void t.test('the pinned accounts go with the person when that is said', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const robot = await serviceAccount(world, ada, { name: 'robot' })
  t.equal((await world.ask('DELETE', `${path(ada)}?pinned_accounts=delete`, admin.token)).statusCode, 204)
  t.equal((await world.ask('GET', '/v1/me', robot.token)).statusCode, 401)
  t.equal((await world.ask('GET', '/v1/me', ada.token)).statusCode, 401)
  t.match((await world.ask('GET', path(ada), admin.token)).json(), { code: 'user_not_found' })
  const { items } = await listAuditEvents(world.store, { action: 'user.delete', outcome: 'done' }, { limit: 9 })
  t.match(items, [{ target: 'ada@example.com' }, { target: 'robot', before: { made_by: 'ada@example.com' } }])
})

void t.test('the pinned accounts get a new maker when one is named, whose reach caps them from then on', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const bea = await world.person('bea@example.com', 'member')
  await grant(world, admin, bea, 'shop', 'reader')
  const robot = await serviceAccount(world, ada, { name: 'robot', role: 'writer' })
  t.equal((await world.ask('DELETE', `${path(ada)}?transfer_to=Bea%40example.com`, admin.token)).statusCode, 204)
  const me = await world.ask('GET', '/v1/me', robot.token)
  t.match(me.json(), {
    reach: [{ database: 'shop', role: 'reader', because: { rule: 'capped-by-maker', maker: 'bea@example.com' } }],
  })
  t.match((await world.ask('GET', '/v1/service-accounts/robot', bea.token)).json(), { made_by: 'bea@example.com' })
})

void t.test('a new maker is another active person who may change things', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  await serviceAccount(world, ada, { name: 'robot' })
  await world.person('vera@example.com', 'viewer')
  const off = await world.person('off@example.com', 'member')
  await world.ask('POST', path(off, '/deactivate'), admin.token)
  for (const email of ['nobody@example.com', 'vera@example.com', 'off@example.com', 'ada@example.com', 'robot']) {
    const response = await world.ask('DELETE', `${path(ada)}?transfer_to=${encodeURIComponent(email)}`, admin.token)
    t.match(response.json(), { status: 409, code: 'bad_new_maker' }, email)
  }
})

void t.test('a viewer holds keys of their own, and touches no other, not even of what they made before', async t => {
  const world = await makeWorld(t)
  const { admin, ada } = await organization(world)
  const robot = await serviceAccount(world, ada, { name: 'robot' })
  await world.ask('PATCH', path(ada), admin.token, { org_role: 'viewer' })
  const made = await world.ask('POST', '/v1/accounts/ada%40example.com/keys', ada.token, { name: 'laptop' })
  t.equal(made.statusCode, 201)
  const { key } = made.json<{ key: { id: string } }>()
  t.equal((await world.ask('POST', `/v1/keys/${key.id}/revoke`, ada.token)).statusCode, 200)
  const refused = [
    await world.ask('POST', '/v1/accounts/robot/keys', ada.token, {}),
    await world.ask('POST', '/v1/accounts/admin%40example.com/keys', ada.token, {}),
    await world.ask('POST', `/v1/keys/${robot.keyId}/revoke`, ada.token),
    await world.ask('POST', '/v1/accounts/robot/keys/revoke-all', ada.token),
  ]
  for (const response of refused) t.match(response.json(), { status: 403, code: 'permission_denied' })
})
