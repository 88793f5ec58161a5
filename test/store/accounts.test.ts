import t from 'tap'
import {
  createPersonalAccount,
  createPinnedAccount,
  deleteAccount,
  disableAccount,
  enableAccount,
  setPasswordHash,
} from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { findPerson, getAccount, getAccountByName, listAccounts } from '../../src/store/accounts.js'
import { listGrantsOfAccount, setGrant } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, sampleKey, samplePerson, samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)
const NO_ACCOUNT = '00000000-0000-4000-8000-000000000000'

void t.test('a person has its e-mail as name, a role, and a salt of its own', async t => {
  const store = await sampleStore(t, server)
  const ada = await samplePerson(store)
  t.match(ada, {
    name: 'ada@example.com',
    kind: 'personal',
    email: 'ada@example.com',
    orgRole: 'member',
    scope: 'personal',
    state: 'active',
    scram: { iterations: 4096 },
    activeKeys: 0,
  })
  const eve = await samplePerson(store, 'eve@example.com')
  t.notOk(ada.scram.salt.equals(eve.scram.salt))
  t.same(await getAccountByName(store, 'ada@example.com'), ada)
})

void t.test('a pinned account names its databases and its maker, and has a made-up e-mail', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine } = await samplePinned(store)
  await sampleKey(store, machine.id)
  t.match(await getAccount(store, machine.id), {
    name: 'robot',
    kind: 'service',
    email: 'robot@service.postern.invalid',
    orgRole: null,
    scope: 'pinned',
    pinnedRole: 'reader',
    databases: ['shop'],
    makerId: maker.id,
    makerName: 'ada@example.com',
    activeKeys: 1,
  })
})

void t.test('a machine keeps the networks that it may log in from; a person has none, and none is empty', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine, database } = await samplePinned(store)
  t.equal(machine.allowFrom, null)
  const allowFrom = ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32']
  const pinned = { name: 'here', role: 'reader', databaseIds: [database.id], makerId: maker.id, allowFrom } as const
  t.same((await withTransaction(store, tx => createPinnedAccount(tx, pinned))).allowFrom, allowFrom)
  t.same((await new AccountRecords(store).loadAccount('here')).value?.allowFrom, allowFrom)
  const set = (name: string, list: string) =>
    store.run('by hand', `update postern.accounts set allow_from = ${list} where name = $1`, [name])
  await t.rejects(set(maker.name, "'{10.0.0.0/8}'"), { code: 'invalid' })
  for (const list of ["'{}'", "'{10.0.0.1/8}'", "'{null}'"])
    await t.rejects(set('here', list), { code: 'invalid' }, list)
})

void t.test('refuses a pinned account without a database, or with one or a maker that does not exist', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store)
  const create = (databaseIds: string[], makerId = maker.id) =>
    withTransaction(store, tx => createPinnedAccount(tx, { name: 'other', role: 'reader', databaseIds, makerId }))
  await t.rejects(create([]), { message: /invalid/ })
  await t.rejects(create([database.id, NO_ACCOUNT]), { message: /not_found/ })
  await t.rejects(create(['shop']), { message: /not_found/ })
  await t.rejects(create([database.id], NO_ACCOUNT), { message: /not_found/ })
  await t.rejects(getAccountByName(store, 'other'), { message: /not_found/ }, 'nothing is left of it')
})

void t.test('a name is taken among people and machines alike, until its account is deleted', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine, database } = await samplePinned(store)
  const again = { name: 'robot', role: 'reader', databaseIds: [database.id], makerId: maker.id } as const
  await t.rejects(samplePerson(store), { message: /name_taken/ })
  await t.rejects(
    withTransaction(store, tx => createPinnedAccount(tx, again)),
    { message: /name_taken/ },
  )
  await withTransaction(store, tx => deleteAccount(tx, machine.id))
  const next = await withTransaction(store, tx => createPinnedAccount(tx, again))
  t.not(next.id, machine.id)
  t.match(await getAccount(store, machine.id), { name: 'robot', state: 'deleted' }, 'the row of the old one is kept')
})

void t.test('refuses names of another form, and says nothing of the values', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store)
  const names = ['', 'Robot', '-robot', 'ro bot', 'robot\n', 'ada@example.com', 'x'.repeat(64), '../robot', 'röbot']
  for (const name of names) {
    const create = withTransaction(store, tx =>
      createPinnedAccount(tx, { name, role: 'reader', databaseIds: [database.id], makerId: maker.id }),
    )
    await t.rejects(create, { message: /: invalid \(23514, accounts_name_form\)$/ }, JSON.stringify(name))
  }
  const emails = ['ada', 'Ada@example.com', 'a b@example.com', 'a@b@example.com', 'robot@service.postern.invalid']
  for (const email of emails) {
    await t.rejects(samplePerson(store, email), { message: /: invalid \(23514, accounts_name_form\)$/ }, email)
  }
})

void t.test('disables, enables and deletes, and what is deleted stays so', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  const database = await sampleDatabase(store)
  await setGrant(store, { accountId: id, databaseId: database.id, role: 'reader' })
  const key = await sampleKey(store, id)
  const disabled = await disableAccount(store, id)
  t.equal(disabled.state, 'disabled')
  t.equal((await disableAccount(store, id)).disabledAt, disabled.disabledAt, 'the first time stands')
  t.match(await enableAccount(store, id), { state: 'active', disabledAt: null, activeKeys: 1 })
  t.match(await withTransaction(store, tx => deleteAccount(tx, id)), { active: [key.id], expired: [] })
  t.match(await getAccount(store, id), { state: 'deleted', activeKeys: 0 })
  t.same(await listGrantsOfAccount(store, id), [])
  for (const act of [disableAccount, enableAccount]) await t.rejects(act(store, id), { message: /not_found/ })
  for (const gone of [id, NO_ACCOUNT, 'ada']) {
    await t.rejects(
      withTransaction(store, tx => deleteAccount(tx, gone)),
      { message: /not_found/ },
    )
  }
})

void t.test('keeps a password hash for people only, and forgets it with the account', async t => {
  const store = await sampleStore(t, server)
  const { maker, machine } = await samplePinned(store)
  t.equal(await findPerson(store, 'nobody@example.com'), null)
  t.same(await findPerson(store, maker.name), { id: maker.id, state: 'active', passwordHash: null }, 'none yet')
  await setPasswordHash(store, maker.id, '$argon2id$hash')
  t.match(await findPerson(store, maker.name), { id: maker.id, passwordHash: '$argon2id$hash' })
  await t.rejects(setPasswordHash(store, machine.id, '$argon2id$hash'), { message: /not_found/ })
  await withTransaction(store, tx => deleteAccount(tx, maker.id))
  t.match(await findPerson(store, maker.name), { id: maker.id, state: 'deleted', passwordHash: null })
  t.equal(await findPerson(store, machine.name), null)
  const rows = await store.run('look', 'select from postern.accounts where password_hash is not null')
  t.equal(rows.length, 0)
})

void t.test('lists people and machines apart, by name, in pages, without the deleted', async t => {
  const store = await sampleStore(t, server)
  await samplePinned(store)
  for (const name of ['eve', 'bob', 'dan']) {
    await createPersonalAccount(store, { email: `${name}@example.com`, orgRole: 'viewer', passwordHash: null })
  }
  const dan = await getAccountByName(store, 'dan@example.com')
  await withTransaction(store, tx => deleteAccount(tx, dan.id))
  const first = await listAccounts(store, 'personal', { limit: 2 })
  t.same(
    first.items.map(account => account.name),
    ['ada@example.com', 'bob@example.com'],
  )
  const rest = await listAccounts(store, 'personal', { limit: 2, cursor: first.next })
  t.same(
    rest.items.map(account => account.name),
    ['eve@example.com'],
  )
  t.equal(rest.next, null)
  t.match(await listAccounts(store, 'service', { limit: 2 }), { items: [{ name: 'robot' }], next: null })
})
