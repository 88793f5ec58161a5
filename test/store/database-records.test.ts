import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Changes } from '../../src/store/changes.js'
import { DatabaseRecords } from '../../src/store/database-records.js'
import { replaceLogins } from '../../src/store/databases.js'
import { Sealer } from '../../src/store/seal.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, sampleStore, sealer } from './sample.js'

const server = await testServer(t)

void t.test('gives the address, and the logins with their passwords opened', async t => {
  const store = await sampleStore(t, server)
  const { id } = await sampleDatabase(store)
  const { head } = await new Changes(store).readChanges(0, 1)
  t.same(await new DatabaseRecords(store, sealer).loadDatabase(id), {
    asOf: head,
    value: {
      id,
      name: 'shop',
      host: 'db.example.com',
      port: 5432,
      dbname: 'shop',
      sslMode: 'verify-full',
      sslRootCert: null,
      announce: true,
      logins: {
        reader: { user: 'r', password: 'r-password' },
        writer: { user: 'w', password: 'w-password' },
        admin: { user: 'a', password: 'a-password' },
      },
    },
  })
})

void t.test('says that there is none for an unknown id, and for what is no id', async t => {
  const store = await sampleStore(t, server)
  const records = new DatabaseRecords(store, sealer)
  for (const id of ['00000000-0000-4000-8000-000000000000', 'shop']) {
    t.same(await records.loadDatabase(id), { asOf: 0, value: null })
  }
})

void t.test('refuses logins that were swapped between roles or databases, renamed, or tampered with', async t => {
  const changes: Record<string, string> = {
    'swapped between roles': `update postern.logins l set sealed_password = o.sealed_password
      from postern.logins o where o.database_id = l.database_id and l.role = 'reader' and o.role = 'admin'`,
    'moved to another role with its user': `update postern.logins l
      set sealed_password = o.sealed_password, username = o.username
      from postern.logins o where o.database_id = l.database_id and l.role = 'reader' and o.role = 'admin'`,
    'swapped between databases': `update postern.logins l set sealed_password = o.sealed_password
      from postern.logins o where o.database_id <> l.database_id and o.role = l.role`,
    'given another user': "update postern.logins set username = 'postgres' where role = 'reader'",
    'tampered with': `update postern.logins set sealed_password =
      set_byte(sealed_password, length(sealed_password) - 1, 255 - get_byte(sealed_password, length(sealed_password) - 1))`,
  }
  for (const [how, sql] of Object.entries(changes)) {
    const store = await sampleStore(t, server)
    const { id } = await sampleDatabase(store)
    await sampleDatabase(store, 'other')
    await store.run('tamper', sql)
    await t.rejects(new DatabaseRecords(store, sealer).loadDatabase(id), { message: /unsealable/ }, how)
  }
})

void t.test('refuses a database that lacks a login: no other login stands in', async t => {
  const store = await sampleStore(t, server)
  const { id } = await sampleDatabase(store)
  await store.run('take one away', "delete from postern.logins where role = 'reader'")
  await t.rejects(new DatabaseRecords(store, sealer).loadDatabase(id), { message: /incomplete/ })
})

void t.test('opens old logins after a rotation of the sealing key, and new ones with the new key alone', async t => {
  const store = await sampleStore(t, server)
  const old = { id: 'old', key: randomBytes(32) }
  const fresh = { id: 'fresh', key: randomBytes(32) }
  const { id } = await sampleDatabase(store)
  const login = { user: 'u', password: 'p' }
  const logins = { reader: login, writer: login, admin: login }
  const password = async (keys: (typeof old)[]) =>
    (await new DatabaseRecords(store, new Sealer(keys)).loadDatabase(id)).value?.logins.writer.password

  await withTransaction(store, tx => replaceLogins(tx, new Sealer([old]), id, logins))
  t.equal(await password([fresh, old]), 'p')
  await t.rejects(password([fresh]), { message: /unsealable/ })
  await withTransaction(store, tx => replaceLogins(tx, new Sealer([fresh, old]), id, logins))
  t.equal(await password([fresh]), 'p')
})
