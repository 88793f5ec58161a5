import type { Command } from 'commander'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { displayWidth } from '../../src/cli/display-text.js'
import { createProgram } from '../../src/cli/program.js'
import { fakeTerminal } from './fake-terminal.js'
import { runCli } from './world-cli.js'

/** Every command but hidden ones, as the words to type. */
function paths(command: Command, path: readonly string[] = []): string[][] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter(child => child.name() !== 'help')
  return [[...path], ...shown.flatMap(child => paths(child, [...path, child.name()]))]
}
const all = paths(createProgram(fakeTerminal(), () => undefined))

void t.test('has the commands of the contract', async t => {
  const names = all.map(path => path.join(' '))
  for (const name of ['up', 'serve', 'migrate', 'connect', 'explain', 'login', 'logout', 'whoami', 'completion'])
    t.ok(names.includes(name), name)
  for (const verb of ['add', 'list', 'show', 'check', 'remove']) t.ok(names.includes(`database ${verb}`), verb)
  for (const verb of ['create', 'list', 'show', 'edit', 'disable', 'enable', 'delete']) t.ok(names.includes(`account ${verb}`), verb) // prettier-ignore
  for (const verb of ['create', 'list', 'show', 'edit', 'delete']) t.ok(names.includes(`group ${verb}`), verb)
  for (const verb of ['invite', 'invitations', 'uninvite', 'list', 'show', 'edit', 'deactivate', 'activate', 'password-link', 'delete']) t.ok(names.includes(`user ${verb}`), verb) // prettier-ignore
  for (const name of ['session list', 'session end', 'instance list']) t.ok(names.includes(name), name)
  for (const verb of ['list', 'export', 'verify']) t.ok(names.includes(`audit ${verb}`), verb)
  for (const verb of ['create', 'list', 'rotate', 'revoke', 'revoke-all']) t.ok(names.includes(`key ${verb}`), verb)
})

for (const path of all) {
  void t.test(`helps with postern ${path.join(' ')}, with examples, in 80 columns`, async t => {
    const { code, out, err } = await runCli([...path, '--help'])
    t.equal(code, 0)
    t.equal(err, '')
    const [, shown = ''] = out.split('Examples:\n')
    const lines = shown.split('\n').filter(line => line.startsWith('  $ '))
    t.ok(lines.length > 0, 'has examples')
    if (path.length > 0) for (const line of lines) t.match(line, `postern ${path.join(' ')}`)
    for (const line of out.split('\n')) t.ok(displayWidth(line) <= 80, line)
  })
}

/** True for a command that does something by itself. */
function isLeaf(path: readonly string[]): boolean {
  return !all.some(other => other.length > path.length && path.every((word, index) => other[index] === word))
}

void t.test('tells its version', async t => {
  t.match(await runCli('--version'), { code: 0, out: /^\d+\.\d+\.\d+\n$/, err: '' })
})

void t.test('every command that talks to the API can print JSON', async t => {
  // What is exported is JSON in any case.
  const others = ['serve', 'migrate', 'completion', 'audit export']
  for (const path of all.filter(path => isLeaf(path) && !others.includes(path.join(' ')))) {
    t.match((await runCli([...path, '--help'])).out, /--json/, path.join(' '))
  }
})

void t.test('ends wrong usage with code 2, one line of error and one of hint', async t => {
  const wrong = [
    'databse list',
    'key revok',
    'key list',
    'key list a b',
    'key list a --colour',
    'key revoke',
    'key revoke abcdefghijkl --token -',
    'key create a --expires-in-days 0',
    'account create a --role owner --database shop',
    'account create a --role reader',
    'account create a --database shop',
    'account create a --role reader --group b',
    'account create a --database shop --group b',
    'account create a',
    'account edit a',
    'user invite ada@example.com',
    'user invite ada@example.com --role owner',
    'user edit ada@example.com',
    'user delete a --transfer-to b --delete-accounts',
    'user delete a',
    'session end',
    'instance list --change x',
    'group edit a',
    'group delete a',
    'group grant set a shop owner',
    'group grant set a shop',
    'group member add a',
    'connect a',
    'connect a --database d --format yaml',
    'connect a --database d --format uri --tool prisma',
    'database add a',
    'database add a --provision',
    'database add a --url postgres://me@db/a',
    'database add a --provision --url - --reader-url -',
    'database add a --reader-url -',
    'up --port 65536',
    'up --port x',
    'serve --only everything',
  ]
  for (const argv of wrong) {
    const { code, out, err } = await runCli(argv)
    t.equal(code, 2, argv)
    t.equal(out, '', argv)
    t.match(err, /^error: [^\n]+\nhint: [^\n]+\n$/, argv)
  }
})

void t.test('shows the help of a noun without a verb, as wrong usage', async t => {
  for (const argv of ['', 'database', 'database grant', 'account', 'key', 'user', 'session', 'group', 'group member']) {
    const { code, out, err } = await runCli(argv)
    t.equal(code, 2, argv)
    t.equal(out, '')
    t.match(err, `Usage: postern ${argv}`)
    t.notMatch(err, 'error:')
  }
})

void t.test('tells which command was meant, and where its help is', async t => {
  t.match((await runCli('key lst')).err, /hint: Did you mean list\? see postern key --help\n/)
  t.match((await runCli('key list a --jason')).err, /hint: Did you mean --json\? see postern key list --help\n/)
})

const token = `pstn_abcdefghijkl_${'s'.repeat(49)}`

void t.test('never repeats a secret that stands in the arguments', async t => {
  const leaks = [
    `key revoke ${token}`,
    `key revoke --token ${token}`,
    `key revoke --token=${token}`,
    `key list ${token} ${token}`,
    `key list --${token}`,
    `${token}`,
    'database add a --provision --url postgres://me:hunter2@db/a --reader-url -',
    'database add a --provision --url mysql://me:hunter2@db/a',
    'database add a --provision --postgres://me:hunter2@db/a',
    'database add a postgres://me:hunter2@db/a',
  ]
  for (const argv of leaks) {
    const { code, out, err } = await runCli(argv)
    t.equal(code, 2, argv)
    t.notMatch(out + err, /ssss|hunter2/, argv)
    t.match(err, /^(warning: .*\n)?error: [^\n]+\nhint: [^\n]+\n$/, argv)
  }
})

void t.test('a token in place of a name is not sent anywhere, and the hint says how to revoke its key', async t => {
  // Nothing answers there: what were sent would fail with code 1.
  const env = { POSTERN_API_URL: `http://127.0.0.1:${await closedPort()}`, POSTERN_API_KEY: 'x' }
  for (const argv of [
    `key revoke ${token}`,
    `key create ${token}`,
    `key create robot --name ${token}`,
    `group member add ${token} robot`,
    `group member add staff ${token.toUpperCase()}`,
    `account create robot --role reader --database shop --database ${token}`,
    `audit list --target ${token.slice(0, 30)}`,
    `explain ${token} shop`,
  ]) {
    const { code, out, err } = await runCli(argv, { env })
    t.equal(code, 2, argv)
    t.equal(out, '')
    t.notMatch(err, /ssss/i)
    t.match(
      err,
      /^error: \S+ holds an API key token; nothing was sent\nhint: .*revoke it .*postern key revoke .+\n$/,
      argv,
    )
  }
  t.match((await runCli(`key create ${token}`, { env })).err, 'hint: the id of its key is abcdefghijkl: ')
  const { token: whole, keyId } = mintToken()
  const secret = whole.slice(18)
  for (const form of [
    `pstn_ ${keyId}_${secret}`,
    `${whole.slice(0, 30)}\t${whole.slice(30)}`,
    `%70stn%5F${whole.slice(5)}`,
  ]) {
    const { code, err } = await runCli(['key', 'create', 'robot', '--name', form], { env })
    t.equal(code, 2, form)
    t.match(err, `error: --name holds an API key token; nothing was sent\nhint: the id of its key is ${keyId}: `)
    t.notMatch(err, secret.slice(-12))
  }
})

void t.test('says how to start Postern when nothing is known of it, or nothing answers', async t => {
  t.match(await runCli('key list a'), {
    code: 1,
    err: /hint: start Postern here with npm start, run postern login, or set POSTERN_API_URL/,
  })
  const url = `http://127.0.0.1:${await closedPort()}`
  const env = { POSTERN_API_URL: url, POSTERN_API_KEY: 'x' }
  const { code, err } = await runCli('key revoke-all a', { env })
  t.equal(code, 1)
  t.match(err, `error: nothing answers at ${url}: connection refused\nhint: is it running? start it with npm start`)
})

void t.test('asks for the API key where one is needed', async t => {
  const env = { POSTERN_API_URL: 'http://127.0.0.1:1' }
  t.match(await runCli('key list a', { env }), { code: 1, err: /^error: POSTERN_API_KEY is not set\n/ })
})

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
