// `postern database`, against the real API and real servers: passwords come in by every way, and get out by none.

import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { displayWidth } from '../../src/cli/display-text.js'
import { run } from '../../src/cli/program.js'
import { createProvisioner } from '../../src/compose/provisioner.js'
import { identifyStore } from '../../src/store/identity.js'
import { until } from '../proxy/observe.js'
import { sampleDatabase } from '../store/sample.js'
import { fakeTerminal } from './fake-terminal.js'
import { fitsPage, makeCliWorld, no, type CliWorld } from './world-cli.js'

const PLAIN_TERMINAL = { columns: 80, env: { NO_COLOR: '1' } }

void t.test('database', async t => {
  const world = await makeCliWorld(t)
  await t.test('add --provision', t => provision(t, world))
  await t.test('add with logins', t => withLogins(t, world))
  await t.test('what is sent', t => certificates(t, world))
  await t.test('list, show, check and remove', t => others(t, world))
  await t.test('what a removal takes away', t => removal(t, world))
})

async function provision(t: Test, { cli, world: { server } }: CliWorld): Promise<void> {
  const { user, password } = server.superuser
  const bare = async () => (await server.freshDatabase()).replace(`:${password}@`, '@')

  await t.test('reads the URL from stdin', async t => {
    const piped = await server.freshDatabase()
    const ran = await cli('database add one --provision --url -', { piped, columns: 80 })
    t.match(ran, { code: 0, out: /^Added one\. All \d+ checks of its logins passed\.\n\nPostgreSQL 18/ })
    for (const line of ran.out.split('\n')) t.ok(displayWidth(line) <= 80, line)
    t.notMatch(ran.out + ran.err, password)
  })

  await t.test('takes the password from PGPASSWORD', async t => {
    const ran = await cli(`database add two --provision --url ${await bare()}`, { env: { PGPASSWORD: password } })
    t.match(ran, { code: 0, out: /^Added two/ })
    t.notMatch(ran.err, 'warning')
  })

  await t.test('asks for the password at a terminal', async t => {
    const ran = await cli(`database add three --provision --json --url ${await bare()}`, { typed: `${password}\r` })
    t.equal(ran.code, 0)
    t.match(JSON.parse(ran.out), { database: { name: 'three', upstream: { announce: true } }, proof: { ok: true } })
    t.match(ran.err, 'Password for --url: ')
    t.notMatch(ran.out + ran.err, password)
  })

  await t.test('takes it from the arguments too, with a warning', async t => {
    const ran = await cli(`database add four --provision --no-announce --url ${await server.freshDatabase()}`)
    t.match(ran, {
      code: 0,
      err: /^warning: others can read the password in --url: give --url - and the URL on stdin\n/,
    })
    t.notMatch(ran.out + ran.err, password)
    t.match((await cli('database show four')).out, /Announces +nothing\n/)
  })

  await t.test('says what went wrong on the server, without the password', async t => {
    const piped = (await bare()).replace(`${user}@`, `${user}:hunter2@`)
    const ran = await cli('database add five --provision --url -', { piped })
    t.match(ran, { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
    t.notMatch(ran.err, 'hunter2')
    t.match(await cli('database add one --provision --url -', { piped }), { code: 1, err: /^error: .*name is taken/i })
  })
}

async function withLogins(t: Test, { cli, world: { server, instance } }: CliWorld): Promise<void> {
  const admin = await server.freshDatabase()
  const { logins } = await createProvisioner(() => identifyStore(instance.knowledge.store)).provision({
    name: 'given',
    url: admin,
    sslRootCert: null,
  })
  const url = ({ user, password }: { user: string; password: string }, place = admin): string =>
    Object.assign(new URL(place), { username: user, password }).href
  const urls = [url(logins.reader), url(logins.writer), url(logins.admin)]
  const options = '--reader-url - --writer-url - --admin-url -'

  await t.test('reads three URLs, a line each', async t => {
    const ran = await cli(`database add owner/given ${options}`, { piped: urls.join('\n') })
    t.match(ran, { code: 0, out: /^Added owner\/given\./ })
    t.match((await cli('database show owner/given')).out, logins.writer.user)
  })

  await t.test('refuses logins that can do more than they should', async t => {
    const ran = await cli(`database add swapped ${options}`, { piped: [...urls].reverse().join('\n') })
    t.match(ran, { code: 1, out: '', err: /^error: .*reader: .+\nhint: .+\n$/ })
  })

  await t.test('refuses logins of different databases, or without a password', async t => {
    const elsewhere = [url(logins.reader, await server.freshDatabase()), ...urls.slice(1)]
    t.match(await cli(`database add a ${options}`, { piped: elsewhere.join('\n') }), { code: 2, err: /another server/ })
    const bare = urls.map(text => Object.assign(new URL(text), { password: '' }).href)
    t.match(await cli(`database add a ${options}`, { piped: bare.join('\n') }), { code: 2, err: /has no password/ })
    t.match(await cli(`database add a ${options}`, { piped: urls[0] ?? '' }), { code: 2, err: /nothing was given/ })
  })
}

async function certificates(t: Test, { cli, world: { server, ca } }: CliWorld): Promise<void> {
  const url = `${await server.freshDatabase()}?sslmode=disable&sslrootcert=`

  await t.test('sends the certificates that sslrootcert names', async t => {
    t.match(await cli('database add tls --provision --url -', { piped: url + encodeURIComponent(ca) }), { code: 0 })
    t.match((await cli('database show tls')).out, /certificate authorities of its own/)
  })

  await t.test('sends no other file', async t => {
    const dir = t.testdir({ key: '-----BEGIN PRIVATE KEY-----\nsecret', long: '-'.repeat(400_001) })
    for (const name of ['key', 'long', 'missing']) {
      const ran = await cli('database add no --provision --url -', { piped: url + join(dir, name) })
      t.match(ran, { code: 1, out: '', err: /^error: .*sslrootcert/ }, name)
    }
  })
}

async function others(t: Test, { cli, world }: CliWorld): Promise<void> {
  const member = await world.account({ name: 'looker' })

  await t.test('lists what one may see', async t => {
    const { out } = await cli('database list')
    t.match(out, /^NAME +ROLE +SERVER +DATABASE +SSLMODE\n/)
    t.match(out, /^shop +admin +127\.0\.0\.1:\d+ /m)
    fitsPage(t, (await cli('database list', { columns: 80 })).out)
    t.match(await cli('database list', { env: { POSTERN_API_KEY: member.token } }), {
      out: 'NAME  ROLE\nshop  reader\n',
    })
    t.match(JSON.parse((await cli('database list --json')).out), [{ name: 'four' }, { name: 'one' }])
  })

  await t.test('checks, and ends with 1 when something is wrong', async t => {
    const good = await cli('database check shop')
    t.match(good, { code: 0, out: /^PostgreSQL 18.*\n\nOK +ROLE +CHECK +SEEN\nyes +reader /, err: '' })
    const user = /Logins +(\w+),/.exec((await cli('database show one')).out)?.[1] ?? ''
    await asSuperuser(world.direct, `alter role ${user} createdb`)
    const bad = await cli('database check one')
    t.match(bad, {
      code: 1,
      out: /\nNO +reader +attributes .*\n\nreader attributes +has CREATEDB\n/s,
      err: /^error: 1 of \d+ checks of one failed\nhint: .+\n$/,
    })
    t.match(JSON.parse((await cli('database check one --json')).out), { ok: false })
  })

  await t.test('removes, after a question to a person', async t => {
    t.match(await cli('database remove one', { typed: 'no\n' }), { code: 1, err: /cancelled/ })
    t.match(await cli('database remove one'), { code: 2, out: '', err: /nobody to ask\nhint: add --yes/ })
    t.match(await cli('database remove one --yes'), {
      code: 0,
      out: 'Removed one.\n\nLost access  admin@example.com\nEnded        0 live sessions\n',
      err: '',
    })
    t.match(JSON.parse((await cli('database remove two --yes --json')).out), { name: 'two', removed: true })
    t.match(await cli('database show one'), { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
    t.match(await cli('database remove one'), { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
  })
}

async function removal(t: Test, { cli, world, admin, person }: CliWorld): Promise<void> {
  const adminEnv = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: admin.token, NO_COLOR: '1' }
  await sampleDatabase(world.store, 'tmpdb')
  const ada = await person('ada@example.com')
  for (const name of ['shop', 'tmpdb']) await cli(`database grant set ${name} ada@example.com reader`)
  const make = (name: string, databases: string) =>
    cli(`account create ${name} --role reader --database ${databases}`, { env: { POSTERN_API_KEY: ada.token } })
  await make('only-tmp', 'tmpdb')
  for (let index = 1; index <= 12; index++) await make(`robot${index}`, 'tmpdb shop')

  await t.test('names who loses access before it asks: first those that are left with no database', async t => {
    const { code, out, err } = await cli('database remove tmpdb', { typed: 'no\n', ...PLAIN_TERMINAL })
    t.equal(code, 1)
    t.equal(out, '')
    t.match(err, /^Left with no database +only-tmp\nLosing access +ada@example\.com, robot1, robot10,\s/)
    t.match(err, /robot6\s+and\s+3\s+more\nEnding +0 live sessions\n.*Remove tmpdb\? \[y\/N\] /)
    fitsPage(t, err)
    t.match((await cli('database show tmpdb')).code, 0, 'nothing was removed')
  })

  await t.test('names afterwards who lost access, also since the question', async t => {
    await sampleDatabase(world.store, 'brief')
    await cli('database grant set brief ada@example.com reader')
    await make('before', 'brief')
    const terminal = fakeTerminal({ env: adminEnv, typed: '', columns: 80 })
    const removing = run(['database', 'remove', 'brief'], terminal)
    await until('the question is asked', () => terminal.err().includes('Remove brief? [y/N]'))
    await make('since', 'brief')
    terminal.stdin.push('y\n')
    t.equal(await removing, 0)
    t.match(terminal.err(), /^Left with no database +before\n/)
    t.match(terminal.out(), /Left with no database +before, since\n/)
  })

  await t.test('names them to a script as well', async t => {
    const { out, err } = await cli('database remove tmpdb --yes --json')
    t.match(JSON.parse(out), {
      name: 'tmpdb',
      removed: true,
      left_without_database: { total: 1, accounts: ['only-tmp'] },
      losing_access: { total: 13, accounts: ['ada@example.com', 'robot1'] },
      live_sessions: 0,
    })
    t.match(err, /^A pinned account cannot be edited\..* postern account create.*\n$/)
  })

  await t.test('leaves a list of accounts that says what became of them', async t => {
    const listed = await cli('account list', PLAIN_TERMINAL)
    t.match(listed, { code: 0, out: /^only-tmp +active +no database: removed +0 +ada@/m })
    const shown = await cli('account show only-tmp', PLAIN_TERMINAL)
    t.match(shown, {
      code: 0,
      out: /Databases +none: its databases were removed\. A pinned account cannot be\s+edited: /,
    })
    for (const { out } of [listed, shown]) fitsPage(t, out)
    const removed = no(/reaches no database: its databases were removed/, /create a new/)
    t.match(await cli('explain only-tmp tmpdb'), { code: 1, err: removed })
    t.match(await cli('connect only-tmp --database tmpdb'), { code: 1, err: removed })
    for (const command of ['disable only-tmp', 'enable only-tmp', 'delete only-tmp --yes']) {
      t.match(await cli(`account ${command}`), { code: 0 }, command)
    }
  })
}

async function asSuperuser(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
