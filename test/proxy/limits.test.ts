// Limits on connections: one address can not take the places of all the others, not even by saying nothing.

import t from 'tap'
import { makeWorld } from '../support/world.js'
import { metric, until } from './observe.js'
import { RawClient } from './raw-client.js'

const [LIMIT, ROOM_FOR_REFUSALS] = [3, 20]

void t.test('connections from one address', async t => {
  const world = await makeWorld(t, { env: { POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: String(LIMIT) } })
  const robot = await world.account()
  const accepted = () => metric(world, 'postern_connections_accepted_total')
  const silent: RawClient[] = []
  t.teardown(() => silent.forEach(client => client.close()))
  const open = async (count: number) => {
    const before = await accepted()
    for (let i = 0; i < count; i++) silent.push(await RawClient.connect(world.port()))
    await until('they are accepted', async () => (await accepted()) === before + count)
  }

  await open(LIMIT)
  const refused = await RawClient.connect(world.port())
  await t.rejects(refused.logIn(robot), { code: '53300' }, 'over the limit: told so')
  refused.close()

  await open(ROOM_FOR_REFUSALS)
  const cut = await RawClient.connect(world.port())
  t.same(await cut.rest(), Buffer.alloc(0), 'far over the limit: cut without a word')

  const other = await RawClient.connect(world.port(), { localAddress: '127.0.0.2' })
  await other.logIn(robot)
  t.pass('another address gets in')
  other.close()

  silent.forEach(client => client.close())
  await until('the places are free again', async () => {
    const again = await RawClient.connect(world.port())
    return again
      .logIn(robot)
      .then(
        () => true,
        () => false,
      )
      .finally(() => again.close())
  })
})
