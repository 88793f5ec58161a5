import t from 'tap'
import { getAccount } from '../../src/store/accounts.js'
import {
  getDatabase,
  getDatabaseByName,
  listDatabases,
  moveDatabase,
  removeDatabase,
  replaceLogins,
} from '../../src/store/databases.js'
import { listGrantsOfAccount } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, samplePinned, sampleStore, sealer } from './sample.js'

const server = await testServer(t)

void t.test('shows a database with the users of its logins and without their passwords', async t => {
  const store = await sampleStore(t, server)
  const { id } = await sampleDatabase(store, 'owner/shop')
  const database = await getDatabaseByName(store, 'owner/shop')
  t.match(database, { id, host: 'db.example.com', users: { reader: 'r', writer: 'w', admin: 'a' } })
  t.same(await getDatabase(store, id), database)
  t.notMatch(JSON.stringify(database), /password/)
  await t.rejects(getDatabaseByName(store, 'other'), { message: /not_found/ })
  await t.rejects(getDatabase(store, 'shop'), { message: /not_found/ })
})

void t.test('keeps passwords sealed', async t => {
  const store = await sampleStore(t, server)
  await sampleDatabase(store)
  const [row] = await store.run<{ found: boolean }>(
    'look',
    "select bool_or(position('password'::bytea in sealed_password) > 0) as found from postern.logins",
  )
  t.equal(row?.found, false)
})

void t.test('refuses a name that is taken or of another form, and leaves nothing behind', async t => {
  const store = await sampleStore(t, server)
  await sampleDatabase(store)
  await t.rejects(sampleDatabase(store), { message: /name_taken/ })
  for (const name of ['', 'Shop', 'a/b/c', '/a', 'a/', 'a b', 'a.b', "a'; drop"]) {
    await t.rejects(sampleDatabase(store, name), { message: /: invalid \(23514, databases_name_form\)$/ }, name)
  }
  t.equal((await listDatabases(store, { limit: 10 })).items.length, 1)
})

void t.test('replaces all three logins at once, of a database that exists', async t => {
  const store = await sampleStore(t, server)
  const { id } = await sampleDatabase(store)
  const login = (user: string) => ({ user, password: 'p' })
  const logins = { reader: login('r2'), writer: login('w2'), admin: login('a2') }
  await withTransaction(store, tx => replaceLogins(tx, sealer, id, logins))
  t.match(await getDatabase(store, id), { users: { reader: 'r2', writer: 'w2', admin: 'a2' } })
  for (const id of ['00000000-0000-4000-8000-000000000000', 'shop']) {
    await t.rejects(
      withTransaction(store, tx => replaceLogins(tx, sealer, id, logins)),
      { message: /not_found/ },
    )
  }
})

void t.test('moves a database to another address, with its logins and grants', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store)
  const moved = await moveDatabase(store, database.id, { host: '127.0.0.1', port: 5433 })
  t.match(moved, { host: '127.0.0.1', port: 5433, users: { reader: 'r', writer: 'w', admin: 'a' } })
  t.equal((await listGrantsOfAccount(store, maker.id)).length, 1)
  await t.rejects(moveDatabase(store, 'shop', { host: 'x', port: 1 }), { message: /not_found/ })
  await t.rejects(moveDatabase(store, database.id, { host: 'x', port: 0 }), { message: /invalid/ })
})

void t.test('removes a database with its logins, its grants and its place in pinned accounts', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine, database } = await samplePinned(store)
  await removeDatabase(store, database.id)
  await t.rejects(getDatabase(store, database.id), { message: /not_found/ })
  await t.rejects(removeDatabase(store, database.id), { message: /not_found/ })
  t.same(await listGrantsOfAccount(store, maker.id), [])
  t.same((await getAccount(store, machine.id)).databases, [])
  const again = await sampleDatabase(store)
  t.not(again.id, database.id, 'a new database of that name is another one')
  t.same((await getAccount(store, machine.id)).databases, [], 'and is reached by no one yet')
})

void t.test('lists databases by name, in pages', async t => {
  const store = await sampleStore(t, server)
  for (const name of ['c', 'a', 'b/x']) await sampleDatabase(store, name)
  const first = await listDatabases(store, { limit: 2 })
  const rest = await listDatabases(store, { limit: 2, cursor: first.next })
  t.same(
    [...first.items, ...rest.items].map(database => database.name),
    ['a', 'b/x', 'c'],
  )
  t.equal(rest.next, null)
})
