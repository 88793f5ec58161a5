import t from 'tap'
import { claimRequest, keepAnswer, pruneAnswers, releaseRequest, type Claim } from '../../src/store/idempotency.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { samplePerson, sampleStore } from './sample.js'

const server = await testServer(t)
const ANSWER = { status: 201, location: '/v1/keys/x', body: '{}' }

async function sampleRequest(store: Store, email?: string) {
  const { id } = await samplePerson(store, email)
  return { accountId: id, key: 'K', fingerprint: Buffer.from('create a thing') }
}

async function claim(store: Store, request: Awaited<ReturnType<typeof sampleRequest>>): Promise<Claim> {
  const outcome = await claimRequest(store, request)
  if (outcome.state !== 'claimed') throw new Error(outcome.state)
  return outcome.claim
}

const age = (store: Store, interval: string) =>
  store.run('age', `update postern.idempotency_keys set created_at = created_at - interval '${interval}'`)

void t.test('of the same requests at the same moment, one is carried out', async t => {
  const store = await sampleStore(t, server)
  const request = await sampleRequest(store)
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => claimRequest(store, request)))
  t.strictSame(outcomes.map(({ state }) => state).sort(), ['claimed', 'under-way', 'under-way', 'under-way'])
})

void t.test('an answer is there when its change is, and only then', async t => {
  const store = await sampleStore(t, server)
  const request = await sampleRequest(store)
  const claimed = await claim(store, request)
  const failing = withTransaction(store, async tx => {
    await keepAnswer(tx, claimed, ANSWER)
    throw new RangeError('of the change')
  })
  await t.rejects(failing, RangeError)
  t.match(await claimRequest(store, request), { state: 'under-way' })
  await withTransaction(store, tx => keepAnswer(tx, claimed, ANSWER))
  t.strictSame(await claimRequest(store, request), { state: 'answered', answer: ANSWER })
  await releaseRequest(store, claimed)
  t.match(await claimRequest(store, request), { state: 'answered' }, 'it is not released any more')
})

void t.test('a key belongs to one request of one account', async t => {
  const store = await sampleStore(t, server)
  const request = await sampleRequest(store)
  const claimed = await claim(store, request)
  const other = { ...request, fingerprint: Buffer.from('create another thing') }
  t.match(await claimRequest(store, other), { state: 'other-request' })
  await releaseRequest(store, claimed)
  await claim(store, other)
  await claim(store, await sampleRequest(store, 'eve@example.com'))
})

void t.test('what a dead process claimed can be claimed again, and it comes too late when it was not dead', async t => {
  const store = await sampleStore(t, server)
  const request = await sampleRequest(store)
  const first = await claim(store, request)
  await age(store, '1 minute')
  t.match(await claimRequest(store, request), { state: 'under-way' })
  await age(store, '2 minutes')
  const second = await claim(store, request)
  const late = withTransaction(store, tx => keepAnswer(tx, first, ANSWER))
  await t.rejects(late, { code: 'conflict' })
  await releaseRequest(store, first)
  await withTransaction(store, tx => keepAnswer(tx, second, ANSWER))
})

void t.test('answers are kept for a day', async t => {
  const store = await sampleStore(t, server)
  const request = await sampleRequest(store)
  const claimed = await claim(store, request)
  await withTransaction(store, tx => keepAnswer(tx, claimed, ANSWER))
  await age(store, '23 hours')
  t.equal(await pruneAnswers(store), 0)
  t.match(await claimRequest(store, request), { state: 'answered' })
  await age(store, '61 minutes')
  t.match(await claimRequest(store, request), { state: 'claimed' }, 'pruned or not')
  await age(store, '25 hours')
  t.equal(await pruneAnswers(store), 1)
  t.equal(await pruneAnswers(store), 0)
})
