import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Changes } from '../../src/store/changes.js'
import { pruneInstances, removeInstance, reportInstance } from '../../src/store/instances.js'
import {
  endSession,
  forgetSessions,
  getSession,
  listSessions,
  reportSessions,
  type ReportedSession,
} from '../../src/store/live-sessions.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)

const WITHIN = { seenWithinMs: 60_000 }
const PAGE = { limit: 10 }

function session(id: string, extra: Partial<ReportedSession> = {}): ReportedSession {
  return {
    id,
    accountId: '6b1d8a54-6e8c-4c53-9a54-0f5f2f5a3c11',
    account: 'robot',
    keyId: 'AAAAAAAAAAAA',
    databaseId: 'b6a5b6f0-63a8-4a1f-8d1c-5f7a3f0a9e42',
    database: 'shop',
    role: 'reader',
    login: 'postern_shop_reader',
    address: '192.0.2.1',
    application: 'psql',
    ageMs: 1000,
    state: 'idle',
    bytesFromClient: 10,
    bytesFromUpstream: 5_000_000_000,
    ...extra,
  }
}

async function instance(store: Store, host = 'one'): Promise<string> {
  const id = randomUUID()
  await reportInstance(store, {
    id,
    host,
    version: '1.2.3',
    runsProxy: true,
    upMs: 0,
    listSeq: 0,
    listAgeMs: null,
    isPushUp: false,
  })
  return id
}

const ids = async (store: Store, filter = {}) =>
  (await listSessions(store, { ...WITHIN, ...filter }, PAGE)).items.map(({ id }) => id)

void t.test('a session is listed as its instance reported it, and changes with the next report', async t => {
  const store = await sampleStore(t, server)
  const id = await instance(store)
  t.equal(await reportSessions(store, id, { changed: [session('S-1')], gone: [] }), 0)
  const { ageMs: _ageMs, ...reported } = session('S-1')
  const first = await getSession(store, 'S-1', 60_000)
  t.match(first, { ...reported, instanceId: id, host: 'one' })
  t.ok(first.ageMs >= 1000 && first.ageMs < 60_000, `${first.ageMs} ms old`)

  const busy = session('S-1', { state: 'busy', bytesFromClient: 20, ageMs: 999_999 })
  t.equal(await reportSessions(store, id, { changed: [busy, session('S-2')], gone: [] }), 1)
  const second = await getSession(store, 'S-1', 60_000)
  t.match(second, { state: 'busy', bytesFromClient: 20 })
  t.equal(second.openedAt, first.openedAt, 'when it was opened does not change')
  t.equal(await reportSessions(store, id, { changed: [], gone: ['S-1'] }), 2)
  t.strictSame(await ids(store), ['S-2'])
})

void t.test('sessions come in pages, the oldest first, and can be filtered', async t => {
  const store = await sampleStore(t, server)
  const [one, two] = [await instance(store, 'one'), await instance(store, 'two')]
  const older = session('S-2', { ageMs: 9000, account: 'other', database: 'owner/shop' })
  await reportSessions(store, one, { changed: [session('S-1'), older], gone: [] })
  await reportSessions(store, two, { changed: [session('S-3', { ageMs: 5000 })], gone: [] })

  const first = await listSessions(store, WITHIN, { limit: 2 })
  const second = await listSessions(store, WITHIN, { limit: 2, cursor: first.next })
  t.strictSame(
    [...first.items, ...second.items].map(({ id }) => id),
    ['S-2', 'S-3', 'S-1'],
  )
  t.equal(second.next, null)
  t.strictSame(await ids(store, { account: 'other' }), ['S-2'])
  t.strictSame(await ids(store, { database: 'shop' }), ['S-3', 'S-1'])
  t.strictSame(await ids(store, { instance: two }), ['S-3'])
  t.strictSame(await ids(store, { instance: 'no id' }), [])
})

void t.test('sessions of an account and of the machines that it made are those it manages', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine } = await samplePinned(store)
  const changed = [
    session('S-1', { accountId: maker.id }),
    session('S-2', { accountId: machine.id, ageMs: 0 }),
    session('S-3'),
  ]
  await reportSessions(store, await instance(store), { changed, gone: [] })
  t.strictSame(await ids(store, { managedBy: maker.id }), ['S-1', 'S-2'])
  t.strictSame(await ids(store, { managedBy: machine.id }), ['S-2'])
})

void t.test('what a silent instance said of its sessions is not shown, and goes when it is pruned', async t => {
  const store = await sampleStore(t, server)
  const [alive, dead] = [await instance(store), await instance(store)]
  await reportSessions(store, alive, { changed: [session('S-1')], gone: [] })
  await reportSessions(store, dead, { changed: [session('S-2')], gone: [] })
  await reportSessions(store, randomUUID(), { changed: [session('S-3')], gone: [] })
  await store.run('age', "update postern.instances set seen_at = now() - interval '2 minutes' where id = $1", [dead])
  t.strictSame(await ids(store), ['S-1'])
  await t.rejects(getSession(store, 'S-2', 60_000), { code: 'not_found' })

  const stored = () => store.run('look', 'select id from postern.live_sessions order by id')
  await pruneInstances(store, 180_000)
  t.strictSame(await stored(), [{ id: 'S-1' }, { id: 'S-2' }], 'whose instance nobody knows has gone')
  await pruneInstances(store, 60_000)
  t.strictSame(await stored(), [{ id: 'S-1' }])
  await forgetSessions(store, alive)
  t.strictSame(await stored(), [])
})

void t.test('an instance that stops takes its sessions off the list, and no others', async t => {
  const store = await sampleStore(t, server)
  const [one, two] = [await instance(store), await instance(store)]
  await reportSessions(store, one, { changed: [session('S-1')], gone: [] })
  await reportSessions(store, two, { changed: [session('S-2')], gone: [] })
  await removeInstance(store, one)
  t.strictSame(await ids(store), ['S-2'])
  t.strictSame(await store.run('look', 'select id from postern.instances'), [{ id: two }])
})

void t.test('the end of a session is a change like any other, and touches neither key nor account', async t => {
  const store = await sampleStore(t, server)
  const { head } = await new Changes(store).readChanges(0, 1)
  const seq = await withTransaction(store, tx => endSession(tx, 'ABCDE-23456'))
  const { changes, head: newHead } = await new Changes(store).readChanges(head, 10)
  t.match(changes, [{ seq, kind: 'session-ended', sessionId: 'ABCDE-23456', accountId: null, keyId: null }])
  t.equal(newHead, seq)
})
