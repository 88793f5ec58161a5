// A day at work with psql: what people type, through the proxy.

import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Role } from '../../src/auth/account.js'
import { missing, start } from '../support/tools.js'
import { psql, startPsql, withoutPsql } from './psql.js'
import { environment, ITEMS, makeShop } from './shop.js'

void t.test('psql', { skip: withoutPsql }, async t => {
  const shop = await makeShop(t)
  const dir = await mkdtemp(join(tmpdir(), 'postern-psql-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))

  const as = (role: Role) => environment(shop, shop[role])

  void t.test('asks, and is answered as the lesser role', async t => {
    const { code, stdout } = await psql(as('reader'), ['select current_user', 'select count(*) from items'])
    t.equal(code, 0)
    t.strictSame(stdout.trim().split('\n'), [shop.logins.reader, String(ITEMS)])
  })

  void t.test('describes tables', async t => {
    const { code, stdout } = await psql(as('reader'), ['\\dt', '\\d items'])
    t.equal(code, 0)
    t.match(stdout, /items\|table/)
    t.match(stdout, /price\|numeric/)
  })

  void t.test('prepares statements and runs them', async t => {
    const commands = ['prepare one (int) as select name from items where id = $1', 'execute one(7)', 'deallocate one']
    t.equal((await psql(as('reader'), commands)).stdout, 'item 7\n')
  })

  void t.test('rolls back to a savepoint, and commits the rest', async t => {
    const kept = ['begin', "insert into items values (5001, 'kept')", 'savepoint s']
    const undone = ["insert into items values (5002, 'undone')", 'rollback to s', 'commit']
    t.equal((await psql(as('writer'), [...kept, ...undone])).code, 0)
    t.equal((await psql(as('reader'), 'select name from items where id > 5000')).stdout, 'kept\n')
  })

  void t.test('an error in a transaction is told, and the session goes on', async t => {
    const script = "begin;\nselect 1/0;\nselect 'not run';\nrollback;\nselect 'after';\n"
    const { stdout, stderr } = await psql(as('reader'), [], {
      args: ['-v', 'ON_ERROR_STOP=0', '-v', 'VERBOSITY=verbose'],
      input: script,
    })
    t.equal(stdout, 'after\n')
    t.match(stderr, /ERROR: {2}22012: division by zero/)
    t.match(stderr, /ERROR: {2}25P02/)
  })

  void t.test('copies a file in and out again, byte for byte', async t => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i}\tläuft ${'x'.repeat(i % 200)}\n`).join('')
    const [source, back] = [join(dir, 'in.tsv'), join(dir, 'out.tsv')]
    await writeFile(source, rows)
    await shop.ask('create table copied (id int, line text)')
    const { code, stdout } = await psql(as('writer'), [
      `\\copy copied from '${source}'`,
      'select count(*) from copied',
      `\\copy (select * from copied order by id) to '${back}'`,
      `\\! md5sum < ${back}`,
    ])
    t.equal(code, 0)
    t.equal(stdout, `20000\n${createHash('md5').update(rows).digest('hex')}  -\n`)
  })

  void t.test('a copy that the server refuses leaves the session usable', async t => {
    await shop.ask('create table checked (id int check (id < 3))')
    const { stdout, stderr } = await psql(as('writer'), [], {
      args: ['-v', 'ON_ERROR_STOP=0'],
      input: "\\copy checked from stdin\n1\n2\n3\n4\n\\.\nselect 'after';\n",
    })
    t.equal(stdout, 'after\n')
    t.match(stderr, /violates check constraint/)
  })

  void t.test('a result of 200 MB arrives whole', async t => {
    const [rows, width] = [200 * 1024, 1024]
    const [expected, received] = [createHash('md5'), createHash('md5')]
    let length = 0
    const { code } = await psql(
      as('reader'),
      `copy (select lpad(i::text, ${width - 1}, '.') from generate_series(1, ${rows}) i) to stdout`,
      {
        timeoutMs: 120_000,
        onOutput(chunk) {
          received.update(chunk)
          length += chunk.length
        },
      },
    )
    for (let i = 1; i <= rows; i++) expected.update(`${i}\n`.padStart(width, '.'))
    t.equal(code, 0)
    t.equal(length, rows * width)
    t.equal(received.digest('hex'), expected.digest('hex'))
  })

  void t.test('fetches a large result by a cursor', async t => {
    const { stdout } = await psql(as('reader'), 'select i from generate_series(1, 50000) i', {
      args: ['-v', 'FETCH_COUNT=1000'],
    })
    t.equal(stdout.split('\n').length, 50_001)
  })

  void t.test('watches a query until it is interrupted', async t => {
    const session = startPsql(t, as('reader'))
    // Long enough that the interrupt comes between two queries: within one it is that query which would be cancelled.
    session.say("select 'tick' \\watch 0.3")
    await session.until(/(tick[^]*){3}/)
    session.child.kill('SIGINT')
    session.child.stdin.end()
    t.notMatch((await session.ended).stderr, /ERROR|FATAL|closed/)
  })

  for (const listener of ['scram', 'tlsOnly'] as const) {
    void t.test(`an interrupt ends a query early, listener ${listener}`, async t => {
      const session = startPsql(t, environment(shop, shop.reader, {}, listener))
      session.say('select pg_sleep(60);')
      await shop.seen("state = 'active' and query like 'select pg_sleep(60)%'")
      const before = Date.now()
      session.child.kill('SIGINT')
      t.match(await session.ended, { stderr: /canceling statement due to user request/ })
      t.ok(Date.now() - before < 10_000)
    })
  }

  void t.test(
    'Ctrl-C at the prompt ends the query and keeps the session',
    { skip: withoutPsql || missing('script') },
    async t => {
      // exec: a shell that stays between would take the interrupt for its own and report 130 when psql has left.
      const command = "exec psql -X -w -q -A -t -v PROMPT1='' -v PROMPT2=''"
      const terminal = start(t, 'script', ['-q', '-e', '-c', command, '/dev/null'], {
        env: { ...as('reader'), TERM: 'dumb', PAGER: 'cat' },
      })
      terminal.say('select pg_backend_pid() as first \\gset')
      terminal.say('select pg_sleep(61);')
      await shop.seen("state = 'active' and query like 'select pg_sleep(61)%'")
      terminal.child.stdin.write('\x03')
      await terminal.until(/canceling statement due to user request/)
      terminal.say("select case when pg_backend_pid() = :first then 'same ' || 'session' end;")
      await terminal.until(/same session/)
      terminal.say('\\q')
      t.match(await terminal.ended, { code: 0 })
    },
  )

  void t.test('one session hears what another one notifies', async t => {
    const [listener, speaker] = [startPsql(t, as('reader')), startPsql(t, as('writer'))]
    listener.say("listen news;\nselect 'listening';")
    await listener.until(/listening/)
    speaker.say("select 'i am ' || pg_backend_pid();\nnotify news, 'fresh bread';\nselect 'told';")
    await speaker.until(/told/)
    listener.say("select 'and now';")
    await listener.until(/"news" with payload "fresh bread" received from server process with PID \d+/)
    listener.say('\\q')
    t.match(await listener.ended, { code: 0, stderr: '' })
  })

  void t.test('leaves with Terminate, which is counted as the client closing', async t => {
    const counted = async () => {
      const line = /^postern_sessions_closed_total\{reason="client_closed"\} (\d+)/m.exec(await shop.world.metrics())
      return Number(line?.[1] ?? 0)
    }
    const before = await counted()
    t.equal((await psql(as('reader'), 'select 1')).code, 0)
    // psql is gone before the proxy has heard the last of the database.
    while ((await counted()) === before);
    t.equal(await counted(), before + 1)
  })
})
