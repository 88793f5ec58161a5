import { inspect } from 'node:util'
import t from 'tap'
import { createPersonalAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { getAccountByName } from '../../src/store/accounts.js'
import { openStore } from '../../src/store/pool.js'
import { StoreError, toStoreError } from '../../src/store/store-error.js'
import { withTransaction } from '../../src/store/transaction.js'
import { holdTimers } from '../support/held-timers.js'
import { testServer } from '../support/postgres.js'
import { samplePerson, sampleStore, sampleStoreWithUrl } from './sample.js'

const server = await testServer(t)

void t.test('keeps nothing of a transaction that fails, and the connection is clean for the next', async t => {
  const store = await sampleStore(t, server, { poolSize: 1 })
  const failing = withTransaction(store, async tx => {
    await createPersonalAccount(tx, { email: 'ada@example.com', orgRole: 'member', passwordHash: null })
    throw new RangeError('of the caller')
  })
  await t.rejects(failing, RangeError)
  await t.rejects(getAccountByName(store, 'ada@example.com'), { message: /not_found/ })
  await samplePerson(store)
})

void t.test('a failed statement spoils its transaction and no other', async t => {
  const store = await sampleStore(t, server, { poolSize: 1 })
  await samplePerson(store)
  await t.rejects(
    withTransaction(store, tx =>
      createPersonalAccount(tx, { email: 'ada@example.com', orgRole: 'member', passwordHash: null }),
    ),
    { message: /name_taken/ },
  )
  await samplePerson(store, 'eve@example.com')
})

void t.test('survives the end of its connection between two statements', async t => {
  const store = await sampleStore(t, server, { poolSize: 2 })
  const cut = withTransaction(store, async tx => {
    const [me] = await tx.run<{ pid: number }>('who am I', 'select pg_backend_pid() as pid')
    await store.run('cut it', 'select pg_terminate_backend($1)', [me?.pid])
    await tx.run('go on', 'select 1')
  })
  await t.rejects(cut, { name: 'StoreError', message: /unavailable/ })
  await samplePerson(store)
})

void t.test('a hung writer loses the lock of the change feed, so that others can go on', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  const eve = await samplePerson(store, 'eve@example.com')
  const hung = openStore(url, { idleInTransactionTimeoutMs: 60_123 })
  t.teardown(() => hung.close())
  const setting = 'idle_in_transaction_session_timeout'
  t.same(await hung.run('look', `show ${setting}`), [{ [setting]: '60123ms' }])
  let letGo = (): void => undefined
  const forEver = new Promise<void>(resolve => (letGo = resolve))
  const hanging = withTransaction(hung, async tx => {
    await disableAccount(tx, ada.id)
    // Only now, for a busy machine pauses between any two statements.
    await tx.run('hurry', `set local ${setting} = 50`)
    const other = disableAccount(store, eve.id)
    await other.finally(letGo)
    await forEver
  })
  await t.rejects(hanging, { name: 'StoreError' })
  t.match(await getAccountByName(store, 'ada@example.com'), { state: 'active' })
  t.match(await getAccountByName(store, 'eve@example.com'), { state: 'disabled' })
})

void t.test('a writer that can not get the lock in time says so, instead of waiting', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  const hasty = openStore(url, { lockTimeoutMs: 50 })
  t.teardown(() => hasty.close())
  await withTransaction(store, async tx => {
    await disableAccount(tx, ada.id)
    await t.rejects(disableAccount(hasty, ada.id), { message: /timeout \(55P03\)/ })
  })
})

void t.test('a statement that takes too long is ended', async t => {
  const store = openStore(server.url('postgres'), { statementTimeoutMs: 50 })
  t.teardown(() => store.close())
  await t.rejects(store.run('dawdle', 'select pg_sleep(10)'), { message: 'store: dawdle: timeout (57014)' })
})

void t.test('bounds the wait for a connection, and the number of those who wait', async t => {
  const connectTimeoutMs = 12_345
  const timers = holdTimers(t, connectTimeoutMs)
  const store = openStore(server.url('postgres'), { poolSize: 1, connectTimeoutMs, maxWaiting: 1 })
  t.teardown(() => store.close())
  await withTransaction(store, async () => {
    const waiting = store.run('wait', 'select 1')
    await t.rejects(store.run('wait', 'select 1'), { message: /unavailable/ }, 'one too many')
    timers.goOff()
    await t.rejects(waiting, { message: /timeout/ })
  })
})

void t.test(
  'a store that is not migrated, not there, or has another password, is told apart from a defect',
  async t => {
    const closing = async (url: string) => {
      const store = openStore(url)
      t.teardown(() => store.close())
      const error = await getAccountByName(store, 'ada').catch((error: unknown) => error)
      return error instanceof StoreError ? error.code : error
    }
    t.equal(await closing(await server.freshDatabase()), 'bad_schema')
    t.equal(await closing(server.url('nonesuch')), 'unavailable')
    t.equal(await closing(server.url('postgres').replace(/:[^:@]*@/, ':wrong@')), 'unavailable')
    t.equal(await closing('postgres://u:p@127.0.0.1:1/d'), 'unavailable')
  },
)

void t.test('an error holds none of the values that a statement was given, nor the URL', async t => {
  const store = await sampleStore(t, server)
  await samplePerson(store)
  const passwordHash = '$argon2id$s3cret'
  const refused = [
    createPersonalAccount(store, { email: 'ada@example.com', orgRole: 'member', passwordHash }),
    createPersonalAccount(store, { email: 'Ada-s3cret', orgRole: 'member', passwordHash }),
    store.run('cast', 'select $1::uuid', [passwordHash]),
  ]
  for (const result of await Promise.allSettled(refused)) {
    t.equal(result.status, 'rejected')
    t.notMatch(inspect(result, { depth: 10, showHidden: true }), /s3cret|example\.com/)
  }
})

void t.test('turns anything into a StoreError, once', async t => {
  const first = new StoreError('not_found', 'look')
  t.equal(toStoreError('look again', first), first)
  t.match(toStoreError('look', 'a string'), { code: 'internal', sqlstate: null, message: 'store: look: internal' })
  t.match(toStoreError('look', Object.assign(new Error('x'), { code: '40001' })), { code: 'conflict' })
  t.match(toStoreError('look', Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })), { code: 'unavailable' })
  t.throws(() => openStore('postgres://u:s3cret@[bad/d'), { message: /^store: parse the URL of the store: invalid$/ })
})
