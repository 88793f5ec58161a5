// Changes are announced by NOTIFY, and no failure of NOTIFY fails a change: the queue of notifications is one for the whole
// server, and any session on it can fill it.

import { once } from 'node:events'
import pg from 'pg'
import t from 'tap'
import { disableAccount } from '../../src/store/account-lifecycle.js'
import { getAccountByName } from '../../src/store/accounts.js'
import { Announcer } from '../../src/store/announcer.js'
import { Changes } from '../../src/store/changes.js'
import { Heartbeat } from '../../src/store/heartbeat.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore, type Executor } from '../../src/store/pool.js'
import type { StoreError } from '../../src/store/store-error.js'
import { withTransaction } from '../../src/store/transaction.js'
import { fillQueue, smallQueueServer } from '../support/small-queue.js'
import { migrateTo } from './migrate-to.js'
import { samplePerson, sampleStore, sampleStoreWithUrl } from './sample.js'

interface Test {
  teardown(handler: () => Promise<void>): void
}

const server = await smallQueueServer(t)

/** Collects the payloads on the channel of changes; `sync` resolves when all that was sent before has been received. */
async function listen(t: Test, url: string) {
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const heard: string[] = []
  client.on('notification', ({ channel, payload = '' }) => {
    if (channel === 'postern_changes') heard.push(payload)
  })
  await client.query('listen postern_changes; listen sync')
  return {
    heard,
    sync: async () => {
      await client.query('notify sync')
    },
  }
}

/** A way to await the outcomes of announcements. */
function outcomes() {
  const waiting: ((error: StoreError | null) => void)[] = []
  return {
    onAnnounced: (error: StoreError | null) => waiting.splice(0).forEach(resolve => resolve(error)),
    next: () => new Promise<StoreError | null>(resolve => waiting.push(resolve)),
  }
}

void t.test('a change commits although the queue fills up between the change and its commit', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  let empty = async (): Promise<void> => undefined
  await withTransaction(store, async tx => {
    await disableAccount(tx, ada.id)
    empty = await fillQueue(t, url)
  })
  t.match(await getAccountByName(store, ada.name), { state: 'disabled' })
  await empty()
})

void t.test('changes are made while the queue is full, and their announcement is reported as failed', async t => {
  const announced = outcomes()
  const { store, url } = await sampleStoreWithUrl(t, server, { onAnnounced: announced.onAnnounced })
  const ada = await samplePerson(store)
  const eve = await samplePerson(store, 'eve@example.com')
  const empty = await fillQueue(t, url)
  const failed = announced.next()
  await withTransaction(store, tx => disableAccount(tx, ada.id))
  t.match(await failed, { code: 'unavailable', sqlstate: '54000', message: /announce changes/ })
  await disableAccount(store, eve.id)
  for (const { name } of [ada, eve]) t.match(await getAccountByName(store, name), { state: 'disabled' })
  const beat = new Heartbeat(store, 1000).send(new AbortController().signal)
  await t.rejects(beat, { code: 'unavailable', sqlstate: '54000' }, 'no defect: the push is down')
  await empty()
  const succeeded = announced.next()
  await withTransaction(store, tx => tx.run('change by hand', 'update postern.accounts set disabled_at = null'))
  t.equal(await succeeded, null)
})

void t.test('a transaction is announced once it is committed, and not if it changed nothing', async t => {
  const { store: reader, url } = await sampleStoreWithUrl(t, server)
  const store = openStore(url)
  const ada = await samplePerson(store)
  const { heard, sync } = await listen(t, url)
  await withTransaction(store, tx => tx.run('change nothing', 'select 1'))
  const rolledBack = withTransaction(store, async tx => {
    await disableAccount(tx, ada.id)
    throw new RangeError('of the caller')
  })
  await t.rejects(rolledBack, RangeError)
  await withTransaction(store, async tx => {
    await disableAccount(tx, ada.id)
    await sync()
    t.same(heard, [], 'not before the commit')
  })
  await withTransaction(store, tx => tx.run('change nothing', 'select 1'))
  const { head } = await new Changes(reader).readChanges(0, 1)
  // Waits for announcements under way.
  await store.close()
  await sync()
  t.same(heard, [String(head)])
})

void t.test('a transaction that failed inside is not taken for committed', async t => {
  const store = await sampleStore(t, server)
  const swallowed = withTransaction(store, async tx => {
    await tx.run('fail', 'select 1 / 0').catch(() => undefined)
  })
  await t.rejects(swallowed, { name: 'StoreError', message: /commit/ })
})

void t.test('a change by hand is announced by the store, unless the queue is filling up', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  const { heard, sync } = await listen(t, url)
  const psql = new pg.Client(url)
  await psql.connect()
  t.teardown(() => psql.end())
  const disable = 'update postern.accounts set disabled_at = now() where id = $1'
  await psql.query(disable, [ada.id])
  await sync()
  const before = heard.length
  t.ok(before > 0)
  const empty = await fillQueue(t, url)
  await psql.query('update postern.accounts set disabled_at = null where id = $1', [ada.id])
  await empty()
  await sync()
  t.equal(heard.length, before)
})

void t.test('announcements that are requested while one is under way share the next', async t => {
  const sent: unknown[] = []
  const gates: (() => void)[] = []
  const executor: Executor = {
    run: async (_doing, _sql, values = []) => {
      sent.push(values[0])
      await new Promise<void>(resolve => gates.push(resolve))
      return []
    },
  }
  const announcer = new Announcer(executor)
  for (const seq of ['1', '2', '3']) announcer.announce(seq)
  t.same(sent, ['1'])
  gates.shift()?.()
  await new Promise(resolve => setImmediate(resolve))
  t.same(sent, ['1', '3'])
  gates.shift()?.()
  await announcer.idle()
  announcer.announce('4')
  t.same(sent, ['1', '3', '4'], 'and goes on afterwards')
  gates.shift()?.()
  await announcer.idle()
})

void t.test('a store with data is upgraded, and its changes are announced after their commit', async t => {
  const url = await server.freshDatabase()
  await migrateTo(url, '0012_login_counts')
  const store = openStore(url)
  t.teardown(() => store.close())
  const ada = await samplePerson(store)
  const { head } = await new Changes(store).readChanges(0, 1)
  t.ok(head > 0)
  t.same((await migrate(url)).slice(0, 1), ['0013_announce'])
  t.match(await getAccountByName(store, ada.name), { id: ada.id })
  t.equal((await new Changes(store).readChanges(0, 1)).head, head, 'with the changes that it had')
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('listen postern_changes')
  const notified = once(client, 'notification')
  await withTransaction(store, async tx => {
    await disableAccount(tx, ada.id)
    const [row] = await tx.run<{ newest: string }>('look', "select current_setting('postern.newest_change') as newest")
    t.ok(Number(row?.newest) > head, 'the trigger leaves it to the writer')
  })
  await notified
})
