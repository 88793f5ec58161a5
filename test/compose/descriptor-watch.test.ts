// A real process that runs out of file descriptors: it stays alive and says so, live sessions go on, and new connections are
// taken again, by themselves, when some are free.

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import t from 'tap'
import { setStage } from '../faults/stage.js'
import { drive, until } from '../proxy/observe.js'
import { testServer } from '../support/postgres.js'
import { missing, run } from '../support/tools.js'

/** Descriptors that are left when the limit is lowered, and connections that then come. */
const [LEFT, COMING] = [5, 30]

void t.test('a process without file descriptors', { skip: missing('prlimit') }, async t => {
  const stage = await setStage(t, { server: await testServer(t) })
  const instance = await stage.instance()
  const robot = await stage.account(instance)
  const { client } = await drive(t, instance.uri(robot))
  const { process } = instance
  const answers = async () => (await client.query('select 1')).rowCount === 1

  const used = readdirSync(`/proc/${process.pid}/fd`).length
  const limited = await run('prlimit', [`--pid=${process.pid}`, `--nofile=${used + LEFT}:`])
  t.equal(limited.code, 0, limited.stderr)

  const crowd: net.Socket[] = []
  t.teardown(() => crowd.forEach(socket => socket.destroy()))
  let cut = 0
  for (let n = 0; n < COMING; n++) {
    const socket = net.connect(instance.proxyPort, '127.0.0.1')
    socket.on('error', () => {}).once('close', () => cut++)
    crowd.push(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  }
  await until('those beyond the limit are cut', () => cut > 0)
  t.match(JSON.parse(await process.line(/no file descriptor is left/)), { level: 'error', err: { code: 'EMFILE' } })
  t.ok(await answers(), 'a live session goes on')

  crowd.forEach(socket => socket.destroy())
  t.ok(await process.line(/file descriptors are free again/))
  const again = await drive(t, instance.uri(robot))
  t.equal((await again.client.query('select 1')).rowCount, 1, 'new ones are taken')
  t.ok(await answers())
  t.ok((await instance.metric('postern_descriptor_shortages_total')) >= 1)
})
