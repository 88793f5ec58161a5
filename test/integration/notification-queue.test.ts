// A reader fills the queue of notifications of the server that the store shares: revocations still hold, found by the poll.

import pg from 'pg'
import t from 'tap'
import { createPostern } from '../../src/sdk/client.js'
import { drive, until } from '../proxy/observe.js'
import { fillQueue, smallQueueServer } from '../support/small-queue.js'
import { makeWorld } from '../support/world.js'

void t.test('a reader who fills the queue of notifications cannot stop a revocation', { timeout: 300_000 }, async t => {
  const world = await makeWorld(t, {
    server: await smallQueueServer(t),
    only: 'both',
    env: { POSTERN_REVOCATION_REFRESH: '1s', POSTERN_REVOCATION_HEARTBEAT: '1s' },
  })
  const { token } = await world.key(world.admin)
  const postern = createPostern({ url: world.instance.api ?? '', token })
  const [attacker, robot, disabled] = [await world.account(), await world.account(), await world.account()]
  const isUp = async () => /^postern_revocation_push_up 1$/m.test(await world.metrics())
  await until('the push is up', isUp)
  const sessions = [await drive(t, world.uri(robot)), await drive(t, world.uri(disabled))]

  await fillQueue(t, world.uri(attacker))
  await until('the push is known to be down', async () => !(await isUp()))

  const revoked = await postern.POST('/v1/keys/{id}/revoke', { params: { path: { id: robot.keyId } } })
  t.equal(revoked.response.status, 200)
  const path = { name: disabled.name }
  const stopped = await postern.POST('/v1/service-accounts/{name}/disable', { params: { path } })
  t.equal(stopped.response.status, 200)
  for (const { ended } of sessions) t.match(await ended, { code: '57P01' })
  for (const member of [robot, disabled]) {
    const client = new pg.Client(world.uri(member))
    await t.rejects(client.connect(), { code: '28P01' })
  }
  t.match(
    world.log.filter(({ msg }) => String(msg).includes('could not be announced')),
    [{ level: 'warn' }],
    'once, however often it fails',
  )

  const last = await postern.POST('/v1/keys/{id}/revoke', { params: { path: { id: attacker.keyId } } })
  t.equal(last.response.status, 200)
  await until('the queue is emptied, as the attacker has been cut off', isUp)
})
