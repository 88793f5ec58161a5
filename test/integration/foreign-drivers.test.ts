// The drivers of other languages, each running one small program of test/integration/foreign: verified TLS, SCRAM,
// parameters, transactions, a large result, and the two noes that every program must be able to read.

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { missing, run, start } from '../support/tools.js'
import { environment, makeShop } from './shop.js'

interface Driver {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly skip: string | false
  /** What it tells of a login with a wrong token. libpq gives no SQLSTATE then. */
  readonly refused?: { readonly sqlstate: string }
  /** What it tells of a session that was ended, if not the reason: the same as when Postgres itself ends one. */
  readonly ended?: { readonly sqlstate?: string; readonly message?: RegExp }
}

const program = (file: string) => fileURLToPath(new URL(`foreign/${file}`, import.meta.url))

// Debian's own Python, which has Debian's drivers; another one may come first in PATH.
const PYTHON = '/usr/bin/python3'
const JDBC = '/usr/share/java/postgresql.jar'

const python = (name: string, expected: Pick<Driver, 'refused' | 'ended'> = {}): Driver => ({
  name,
  command: [PYTHON, program('session.py'), name],
  skip: missing(PYTHON, ['-c', `import ${name}`]),
  ...expected,
})

const DRIVERS: readonly Driver[] = [
  python('psycopg'),
  // Its libpq call returns only the last result, which is that the connection is gone.
  python('psycopg2', { ended: { message: /closed unexpectedly/ } }),
  // It drops what a server says between queries.
  python('asyncpg', { refused: { sqlstate: '28P01' }, ended: { message: /connection (is|was) closed/ } }),
  {
    name: 'pgjdbc',
    command: ['java', '-XX:TieredStopAtLevel=1', '-cp', JDBC, program('Session.java')],
    skip: missing('javac') || missing('test', ['-e', JDBC]),
    refused: { sqlstate: '28P01' },
    ended: { sqlstate: '57P01' },
  },
  { name: 'DBD::Pg', command: ['perl', program('session.pl')], skip: missing('perl', ['-MDBD::Pg', '-e1']) },
  {
    name: 'PDO',
    command: ['php', program('session.php')],
    skip: missing('php', ['-r', 'exit((int) !extension_loaded("pdo_pgsql"));']),
  },
]

const shop = await makeShop(t)
let row = 7_000

for (const { name, command, skip, refused, ended } of DRIVERS) {
  const [executable, ...args] = command
  const begin = { timeoutMs: 60_000 }

  void t.test(`${name}: logs in and works`, { skip }, async t => {
    const env = { ...environment(shop, shop.writer), ROW: String(++row) }
    const { stdout, stderr } = await run(executable, [...args, 'work'], { ...begin, env })
    t.equal(stderr, '')
    t.strictSame(JSON.parse(stdout), {
      name: 'item 7',
      price: 1.75,
      total: (50_000 * 50_001) / 2,
      denied: '42501',
      account: shop.writer.name,
    })
    t.strictSame(await shop.ask(`select name from items where id = ${row}`), [{ name: 'kept' }])
  })

  void t.test(`${name}: reads that its token is wrong`, { skip }, async t => {
    const env = environment(shop, { ...shop.writer, token: shop.reader.token })
    const { stdout } = await run(executable, [...args, 'refused'], { ...begin, env })
    t.match(JSON.parse(stdout), { message: /password authentication failed/, ...refused })
  })

  void t.test(`${name}: hears that its session has ended`, { skip }, async t => {
    const robot = await shop.world.account()
    const running = start(t, executable, [...args, 'wait'], { ...begin, env: environment(shop, robot) })
    await running.until(/ready/)
    await shop.world.revoke(robot)
    await shop.unseen(`usename = '${shop.logins.reader}'`)
    running.say('go on')
    const { stdout, stderr } = await running.ended
    const told = stdout.trim().split('\n').at(-1) ?? ''
    t.match(JSON.parse(told), { message: /session ended: the API key was revoked/, ...ended }, stderr || 'tells it')
  })
}
