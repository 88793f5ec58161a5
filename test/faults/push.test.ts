// Two instances on one store: whatever is taken away through the one ends sessions on the other, whatever the push channel
// between them does.

import t, { type Test } from 'tap'
import { drive, until } from '../proxy/observe.js'
import { isPush } from '../support/faulty-wire.js'
import { testServer } from '../support/postgres.js'
import { scenario } from './scenarios.js'
import { setStage, type FaultyInstance, type Member, type Stage } from './stage.js'

void t.test('the push channel', async t => {
  const stage = await setStage(t, { server: await testServer(t) })

  const pair = { here: await stage.instance(), there: await stage.instance() }
  const { there } = pair

  await scenario(t, 'push-on', async t => {
    await endEachKind(t, stage, pair)
    await removeGrant(t, stage, pair)
  })

  await scenario(t, 'push-late', async t => {
    t.teardown(() => there.wire.set('pass', isPush))
    there.wire.set({ delayMs: 1_500 }, isPush)
    await endEachKind(t, stage, pair)
    await removeGrant(t, stage, pair)
    const before = await there.metric('postern_revocation_refreshes_total')
    const again = "select pg_notify('postern_changes', number::text) from generate_series(1, 200) number"
    await stage.store.run('push old changes once more', again)
    const { keyId, ...robot } = await stage.account(pair.here)
    const { ended } = await drive(t, there.uri({ ...robot, keyId }))
    await pair.here.api.POST('/v1/keys/{id}/revoke', { params: { path: { id: keyId } } })
    t.match(await ended, { code: '57P01', message: /the API key was revoked/ })
    const reads = (await there.metric('postern_revocation_refreshes_total')) - before
    // A slow machine polls meanwhile, too.
    t.ok(reads < 100, `200 pushes are no 200 reads of the list, but ${String(reads)}`)
  })

  await scenario(t, 'store-slow', async t => {
    t.teardown(() => there.wire.set('pass'))
    const robot = await stage.account(pair.here)
    const { ended } = await drive(t, there.uri(robot))
    there.wire.set({ delayMs: SLOW_MS })
    const [sum, count] = await propagations(there)
    const startedAt = performance.now()
    await pair.here.api.POST('/v1/keys/{id}/revoke', { params: { path: { id: robot.keyId } } })
    t.match(await ended, { code: '57P01', message: /the API key was revoked/ })
    const seconds = (performance.now() - startedAt) / 1000
    await until('it is measured', async () => (await propagations(there))[1] === count + 1)
    const measured = (await propagations(there))[0] - sum
    // The clock of the store is known as well as the way to it is short, and a busy machine makes that longer.
    t.ok(measured >= SLOW_MS / 1000 && measured < seconds + 5, `${String(measured)} s, of ${String(seconds)} s`)
  })

  await scenario(t, 'push-dead', async t => {
    t.teardown(() => there.wire.set('pass', isPush))
    await until('the push is up', async () => (await there.metric('postern_revocation_push_up')) === 1)
    there.wire.set('drop', isPush)
    await endEachKind(t, stage, pair)
    await removeGrant(t, stage, pair)
    await until('the push is known to be down', async () => (await there.metric('postern_revocation_push_up')) === 0)
    t.same(await there.ready(), { status: 200, reasons: [] }, 'which is no reason to send clients elsewhere')
    there.wire.set('pass', isPush)
    await until('the push is up again', async () => (await there.metric('postern_revocation_push_up')) === 1)
  })
})

const SLOW_MS = 200

/** Seconds from commit to the end of a session, in all, and how many they were. */
function propagations(instance: FaultyInstance): Promise<[sum: number, count: number]> {
  const name = 'postern_revocation_propagation_seconds'
  return Promise.all([instance.metric(`${name}_sum`), instance.metric(`${name}_count`)])
}

interface Kind {
  /** What the client of an ended session reads. */
  readonly told: RegExp
  readonly member: (stage: Stage, on: FaultyInstance) => Promise<Member>
  readonly act: (stage: Stage, on: FaultyInstance, member: Member) => Promise<unknown>
}

type Pair = Record<'here' | 'there', FaultyInstance>

const pinned: Kind['member'] = (stage, on) => stage.account(on)

const KINDS: Record<string, Kind> = {
  'key revoked': {
    told: /the API key was revoked/,
    member: pinned,
    act: (_, { api }, { keyId }) => api.POST('/v1/keys/{id}/revoke', { params: { path: { id: keyId } } }),
  },
  'account disabled': {
    told: /the account was disabled/,
    member: pinned,
    act: (_, { api }, { name }) => api.POST('/v1/service-accounts/{name}/disable', { params: { path: { name } } }),
  },
  'account deleted': {
    told: /the account was deleted/,
    member: pinned,
    act: (_, { api }, { name }) => api.DELETE('/v1/service-accounts/{name}', { params: { path: { name } } }),
  },
  'key expired': {
    told: /the API key expired/,
    member: pinned,
    act: ({ store }, _, { keyId }) =>
      store.run('let it expire', "update postern.api_keys set expires_at = now() + interval '10 ms' where id = $1", [
        keyId,
      ]),
  },
  'group changed': {
    told: /access to the database changed/,
    member: inGroup,
    act: (_, { api }, { name }) =>
      api.DELETE('/v1/groups/{group}/grants/{database}', { params: { path: { group: name, database: 'shop' } } }),
  },
  'session ended': {
    told: /ended by an admin/,
    member: pinned,
    act: async (_, { api }, { name }) => {
      let id: string | undefined
      await until('the session is listed', async () => {
        const { data } = await api.GET('/v1/sessions', { params: { query: { account: name } } })
        return (id = data.items[0]?.id) !== undefined
      })
      return api.POST('/v1/sessions/{id}/end', { params: { path: { id: id ?? '' } } })
    },
  },
}

/** Takes something away in each way there is, through the one instance, and sees a session on the other end for it. */
async function endEachKind(t: Test, stage: Stage, { here, there }: Pair): Promise<void> {
  const sessions = []
  for (const [kind, { told, member, act }] of Object.entries(KINDS)) {
    const who = await member(stage, here)
    const { ended } = await drive(t, there.uri(who))
    sessions.push({ kind, told, ended, act: () => act(stage, here, who) })
  }
  await Promise.all(sessions.map(({ act }) => act()))
  for (const { kind, told, ended } of sessions) t.match(await ended, { code: '57P01', message: told }, kind)
}

/** The grant that all accounts rest on: taken away, and given back once that has been felt. */
async function removeGrant(t: Test, { admin }: Stage, { here, there }: Pair): Promise<void> {
  const { ended } = await drive(t, there.uri(admin))
  const at = { params: { path: { name: 'shop', account: admin.name } } }
  await here.api.DELETE('/v1/databases/{name}/grants/{account}', at)
  t.match(await ended, { code: '57P01', message: /access to the database changed/ }, 'grant removed')
  await here.api.PUT('/v1/databases/{name}/grants/{account}', { ...at, body: { role: 'admin' } })
}

/** An account whose only access is through a group of its own. */
async function inGroup(stage: Stage, on: FaultyInstance): Promise<Member> {
  const { name } = await stage.account(on)
  const group = `crew-of-${name}`
  await on.api.POST('/v1/groups', { body: { name: group } })
  const body = { role: 'reader' } as const
  await on.api.PUT('/v1/groups/{group}/grants/{database}', { params: { path: { group, database: 'shop' } }, body })
  await on.api.POST('/v1/service-accounts', { body: { name: group, scope: { type: 'groups', groups: [group] } } })
  return stage.key(on, group)
}
