import t from 'tap'
import { randomBytes } from 'node:crypto'
import { addDatabase } from '../../src/store/databases.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore } from '../../src/store/pool.js'
import { Sealer } from '../../src/store/seal.js'
import { checkStore } from '../../src/store/store-check.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'

const server = await testServer(t)

async function emptyStore() {
  const url = await server.freshDatabase()
  const store = openStore(url, { poolSize: 2, onError: () => {} })
  t.teardown(() => store.close())
  return { url, store }
}

const keyNamed = (id: string) => ({ id, key: randomBytes(32) })

void t.test('knows a store that was never migrated, is behind, is current, and is ahead', async t => {
  const { url, store } = await emptyStore()
  const sealer = new Sealer([keyNamed('a')])
  t.same(await checkStore(store, sealer), { schema: 'missing', migrations: [], secrets: 'open' })
  const ran = await migrate(url)
  t.same(await checkStore(store, sealer), { schema: 'current', migrations: [], secrets: 'open' })
  const last = ran.at(-1) ?? ''
  await store.run('forget a migration', 'delete from postern.migrations where name = $1', [last])
  t.same(await checkStore(store, sealer), { schema: 'older', migrations: [last], secrets: 'open' })
  await store.run('run it', 'insert into postern.migrations (name, run_on) values ($1, now())', [last])
  await store.run('run one more', "insert into postern.migrations (name, run_on) values ('9999_later', now())")
  t.same(await checkStore(store, sealer), { schema: 'newer', migrations: ['9999_later'], secrets: 'open' })
})

void t.test('knows whether what is sealed opens with the configured keys', async t => {
  const { url, store } = await emptyStore()
  await migrate(url)
  const [first, second, other] = [keyNamed('first'), keyNamed('second'), keyNamed('other')]
  const secretsWith = async (...keys: ReturnType<typeof keyNamed>[]) =>
    (await checkStore(store, new Sealer(keys))).secrets
  const add = (name: string, key: ReturnType<typeof keyNamed>) => {
    const login = { user: 'u', password: 'p' }
    const logins = { reader: login, writer: login, admin: login }
    const address = { host: 'h', port: 5432, dbname: name, sslMode: 'disable', sslRootCert: null } as const
    const database = { ...address, name, announce: true, logins }
    return withTransaction(store, tx => addDatabase(tx, new Sealer([key]), database))
  }
  t.equal(await secretsWith(other), 'open', 'nothing is sealed yet')
  await add('one', first)
  t.equal(await secretsWith(first), 'open')
  t.equal(await secretsWith(other), 'closed')
  t.equal(await secretsWith(other, first), 'open', 'a retired key opens too')
  t.equal(await secretsWith({ ...other, id: 'first' }), 'closed', 'the id alone opens nothing')
  await add('two', second)
  t.equal(await secretsWith(second), 'partly')
  t.equal(await secretsWith(second, first), 'open')
  t.equal(await secretsWith(other), 'closed')
})

void t.test('rejects when the store cannot be read', async t => {
  const away = openStore('postgres://me@127.0.0.1:1/postern', { onError: () => {} })
  t.teardown(() => away.close())
  await t.rejects(checkStore(away, new Sealer([keyNamed('a')])), { name: 'StoreError', code: 'unavailable' })
})
