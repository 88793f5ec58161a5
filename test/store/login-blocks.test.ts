import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Changes } from '../../src/store/changes.js'
import { listBlocks, pruneBlocks, removeBlock, reportBlocks, type ReportedBlock } from '../../src/store/login-blocks.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleStore } from './sample.js'

const server = await testServer(t)

const block = (network: string, options: Partial<ReportedBlock> = {}): ReportedBlock => ({
  network,
  badTokens: 30,
  ageMs: 1000,
  leftMs: 60_000,
  ...options,
})

const networks = async (store: Store, within: string | null = null) =>
  (await listBlocks(store, { limit: 10, within })).map(({ network }) => network)

void t.test('a network that several instances block is listed once, with the most of each', async t => {
  const store = await sampleStore(t, server)
  const [one, two] = [randomUUID(), randomUUID()]
  await reportBlocks(store, one, [block('192.0.2.7/32'), block('2001:db8::/64', { ageMs: 5000 })])
  await reportBlocks(store, two, [block('192.0.2.7/32', { badTokens: 40, leftMs: 90_000 })])
  const [first, second] = await listBlocks(store, { limit: 10 })
  t.match(first, { network: '2001:db8::/64', instances: 1, badTokens: 30 }, 'the one for longest first')
  t.match(second, { network: '192.0.2.7/32', instances: 2, badTokens: 40 })
  t.ok(second && Math.abs(second.until - second.since - 91_000) < 1000)
  t.equal((await listBlocks(store, { limit: 1 })).length, 1)
})

void t.test('a report takes the place of the one before, and of no other instance', async t => {
  const store = await sampleStore(t, server)
  const [one, two] = [randomUUID(), randomUUID()]
  await reportBlocks(store, one, [block('192.0.2.1/32'), block('192.0.2.2/32')])
  await reportBlocks(store, two, [block('192.0.2.3/32')])
  await reportBlocks(store, one, [block('192.0.2.2/32', { badTokens: 31 }), block('192.0.2.4/32')])
  t.same((await networks(store)).sort(), ['192.0.2.2/32', '192.0.2.3/32', '192.0.2.4/32'])
  await reportBlocks(store, one, [])
  t.same(await networks(store), ['192.0.2.3/32'])
})

void t.test('a block that is over is listed no more, and pruned', async t => {
  const store = await sampleStore(t, server)
  await reportBlocks(store, randomUUID(), [block('192.0.2.1/32', { leftMs: -1 }), block('192.0.2.2/32')])
  t.same(await networks(store), ['192.0.2.2/32'])
  await pruneBlocks(store)
  t.match(await store.run('look', 'select count(*)::integer as n from postern.login_blocks'), [{ n: 1 }])
})

void t.test('is found by an address in it, or by a network that it is in', async t => {
  const store = await sampleStore(t, server)
  await reportBlocks(
    store,
    randomUUID(),
    ['192.0.2.7/32', '198.51.100.0/24', '2001:db8::/64'].map(it => block(it)),
  )
  t.same(await networks(store, '192.0.2.0/24'), ['192.0.2.7/32'])
  t.same(await networks(store, '198.51.100.9/32'), ['198.51.100.0/24'])
  t.same(await networks(store, '2001:db8::5/128'), ['2001:db8::/64'])
  t.same(await networks(store, '203.0.113.0/24'), [])
  t.same((await networks(store, '0.0.0.0/0')).sort(), ['192.0.2.7/32', '198.51.100.0/24'])
})

void t.test('the end of a block is a change like any other, and names the network', async t => {
  const store = await sampleStore(t, server)
  await reportBlocks(store, randomUUID(), [block('2001:db8::/64')])
  const seq = await withTransaction(store, tx => removeBlock(tx, '2001:db8::/64'))
  t.same(await networks(store), [])
  const { changes } = await new Changes(store).readChanges(seq - 1, 10)
  t.match(changes, [{ seq, kind: 'login-block-removed', network: '2001:db8::/64', accountId: null, sessionId: null }])
})
