// Databases that are registered by a host name, with a name server that answers for some of them only.

import { join } from 'node:path'
import t from 'tap'
import { createProvisioner } from '../../src/compose/provisioner.js'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { identifyStore } from '../../src/store/identity.js'
import { addDatabase, moveDatabase } from '../../src/store/databases.js'
import { setGrant } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import { HostNames } from '../../src/upstream/host-names.js'
import { encodeCancelRequest } from '../../src/wire/startup.js'
import { watchSecret } from '../support/leak-watch.js'
import { makeWorld } from '../support/world.js'
import { startNameServer } from '../upstream/name-server.js'
import { drive, metric, until } from './observe.js'
import { fieldsOf, RawClient } from './raw-client.js'

void t.test('a database whose name server is silent', async t => {
  const server = await startNameServer(t, { 'shop.test': { v4: ['127.0.0.1'] }, 'lost.test': { fault: 'silent' } })
  const dir = t.testdir({ empty: '' })
  const empty = join(dir, 'empty')
  const names = new HostNames({ hostsFile: empty, resolvConf: empty, nameServers: [server.address] })
  const world = await makeWorld(t, { names })
  const { store, sealer } = world.instance.knowledge
  const provisioned = await createProvisioner(() => identifyStore(store)).provision({
    name: 'lost',
    url: world.direct,
    sslRootCert: null,
  })
  const { address, logins } = provisioned
  for (const { password } of Object.values(logins)) watchSecret(password)
  const lost = await withTransaction(store, tx =>
    addDatabase(tx, sealer, { ...address, host: 'lost.test', name: 'lost', announce: true, logins }),
  )
  await moveDatabase(store, world.database.id, { host: 'shop.test', port: world.server.port })
  await setGrant(store, { accountId: world.admin.id, databaseId: lost.id, role: 'admin' })
  const databaseIds = [world.database.id, lost.id]
  const robot = await withTransaction(store, tx =>
    createPinnedAccount(tx, { name: 'robot', role: 'reader', databaseIds, makerId: world.admin.id }),
  ).then(account => world.key(account))

  await t.test('does not keep the logins to another one waiting, nor a cancel request', async t => {
    const waiting: RawClient[] = []
    for (let n = 0; n < 6; n++) {
      const client = await RawClient.connect(world.port())
      client.startup(robot.name, { database: 'lost' })
      await client.prove(robot.token)
      waiting.push(client)
    }
    await until('the name server was asked', () => server.asked.includes('A lost.test'))
    const session = await RawClient.connect(world.port())
    const heard = await session.logIn(robot)
    const key = heard.find(({ type }) => type === 'K')?.body ?? Buffer.alloc(8)
    session.query('select pg_sleep(60)')
    const driver = await drive(t, world.uri(robot))
    t.equal((await driver.client.query('select 1')).rowCount, 1)
    const { client } = driver
    const running = "select from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'"
    await until('the query runs', async () => (await client.query(running)).rowCount === 1)
    const cancel = await RawClient.connect(world.port())
    cancel.send(encodeCancelRequest({ processId: key.readInt32BE(0), secretKey: key.subarray(4) }))
    t.equal(fieldsOf((await session.upTo('E')).at(-1)?.body ?? Buffer.alloc(0))['C'], '57014', 'canceled')

    t.equal(await metric(world, 'postern_logins_in_flight'), 6, 'the six still wait')
    const asked = server.asked.filter(question => question === 'A lost.test').length
    t.ok(asked < 6, `one look-up for all, with its repetitions: ${asked} questions`)
    t.equal(server.asked.filter(question => question === 'A shop.test').length, 1, 'the answer is remembered')
    for (const client of [...waiting, session, cancel]) client.close()
    await until('all are given up', async () => (await metric(world, 'postern_logins_in_flight')) === 0)
  })

  await t.test('fails as a time-out, and the log names the host', async t => {
    const client = await RawClient.connect(world.port())
    t.match(await client.logIn(robot, { database: 'lost' }).catch((error: unknown) => error), { code: '08006' })
    t.equal(await metric(world, 'postern_upstream_errors_total', { database: 'lost', kind: 'timeout' }), 1)
    t.ok(world.log.some(({ err }) => /look-up of lost\.test/.test(JSON.stringify(err))))
    client.close()
  })
})
