import t from 'tap'
import { deleteAccount } from '../../src/store/account-lifecycle.js'
import { listGrantsOfAccount, listGrantsOnDatabase, removeGrant, setGrant } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, samplePerson, samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)
const NOTHING = '00000000-0000-4000-8000-000000000000'

void t.test('a person has one role on a database: a second grant takes the place of the first', async t => {
  const store = await sampleStore(t, server)
  const { id: accountId } = await samplePerson(store)
  const { id: databaseId } = await sampleDatabase(store)
  await setGrant(store, { accountId, databaseId, role: 'reader' })
  await setGrant(store, { accountId, databaseId, role: 'admin' })
  const grants = await listGrantsOfAccount(store, accountId)
  t.match(grants, [{ account: 'ada@example.com', database: 'shop', role: 'admin' }])
  t.equal(grants.length, 1)
  t.same(await listGrantsOnDatabase(store, databaseId), grants)
})

void t.test('removes a grant once', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store)
  await removeGrant(store, maker.id, database.id)
  t.same(await listGrantsOfAccount(store, maker.id), [])
  await t.rejects(removeGrant(store, maker.id, database.id), { message: /not_found/ })
  await t.rejects(removeGrant(store, 'ada', 'shop'), { message: /not_found/ })
})

void t.test('gives no grant to a machine, to a deleted person, or on no database', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine, database } = await samplePinned(store)
  const give = (accountId: string, databaseId = database.id) =>
    t.rejects(setGrant(store, { accountId, databaseId, role: 'reader' }), { message: /not_found/ })
  await give(machine.id)
  await give(NOTHING)
  await give('ada')
  await give(maker.id, NOTHING)
  await give(maker.id, 'shop')
  await withTransaction(store, tx => deleteAccount(tx, maker.id))
  await give(maker.id)
  t.same(await listGrantsOnDatabase(store, database.id), [])
})
