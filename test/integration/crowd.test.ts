// Many sessions at once, and many transactions one after the other.

import pg from 'pg'
import t from 'tap'
import { missing, run } from '../support/tools.js'
import { environment, makeShop } from './shop.js'

const SESSIONS = 200

const shop = await makeShop(t)
const { world, reader, writer, admin } = shop

void t.test(`${SESSIONS} sessions log in at once, and each one works`, async t => {
  const clients = Array.from({ length: SESSIONS }, () => new pg.Client(world.uri(reader)))
  await Promise.all(clients.map(client => client.connect()))
  const answers = await Promise.all(clients.map((client, i) => client.query('select $1::int as i', [i])))
  t.strictSame(
    answers.map(({ rows }) => rows[0] as unknown),
    clients.map((_, i) => ({ i })),
  )
  t.match(await world.metrics(), `postern_sessions_active{database="shop",role="reader"} ${SESSIONS}\n`)
  const pids = clients.map(client => (client as unknown as { processID: number }).processID)
  t.equal(new Set(pids).size, SESSIONS)
  await Promise.all(clients.map(client => client.end()))
  await shop.unseen(`usename = '${shop.logins.reader}'`)
})

void t.test('a crowd is ended at once when its key is revoked', async t => {
  const robot = await world.account()
  const clients = Array.from({ length: 50 }, () => new pg.Client(world.uri(robot)))
  await Promise.all(clients.map(client => client.connect()))
  const ended = clients.map(client => new Promise(resolve => client.on('error', resolve)))
  await world.revoke(robot)
  for (const error of await Promise.all(ended)) t.match(error, { code: '57P01' })
})

void t.test('pgbench makes its tables as admin, and runs as writer', { skip: missing('pgbench') }, async t => {
  const made = await run('pgbench', ['-i', '-q', '-s', '1'], { env: environment(shop, admin) })
  t.equal(made.code, 0, made.stderr)
  for (const protocol of ['prepared', 'simple']) {
    const args = ['-n', '-M', protocol, '-c', '4', '-t', '200']
    const { code, stdout, stderr } = await run('pgbench', args, { env: environment(shop, writer) })
    t.equal(code, 0, stderr)
    t.match(stdout, /transactions actually processed: 800\/800/)
    t.match(stdout, /failed transactions: 0 /)
  }
  t.match(await shop.ask('select count(*)::int as n from pgbench_history'), [{ n: 1600 }])
})
