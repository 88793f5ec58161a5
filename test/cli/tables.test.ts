// The tables of the commands over a real organization with the longest names there may be: in a pipe, and on screens of
// every width.

import t, { type Test } from 'tap'
import { displayWidth } from '../../src/cli/display-text.js'
import { json, makeCliWorld, type Ran } from './world-cli.js'

const ACCOUNT = `a${'b'.repeat(62)}`
const GROUP = `g${'h'.repeat(62)}`
const KEY_NAME = '報告'.repeat(25) + '🙂'.repeat(25) + 'k'.repeat(25)
const PERSON = 'someone.with.a.long.address@postern.example.com'

void t.test('tables show whole values in a pipe, and fit every screen with whole identifiers', async t => {
  const { cli, person } = await makeCliWorld(t)
  await person(PERSON)
  const run = async (...argv: string[]) => {
    const ran = await cli(argv)
    if (ran.code !== 0) throw new Error(ran.err)
    return ran
  }
  await run('group', 'create', GROUP, '--description', 'What the people of the analysis of sales look at every day')
  await run('group', 'grant', 'set', GROUP, 'shop', 'writer')
  await run('group', 'member', 'add', GROUP, PERSON)
  await run('account', 'create', ACCOUNT, '--role', 'reader', '--database', 'shop')
  await run('account', 'create', 'nightly', '--group', GROUP)
  await run('user', 'invite', 'new@example.com', '--role', 'viewer')
  const made = json(await cli(['key', 'create', ACCOUNT, '--name', KEY_NAME, '--json'])) as { key: { id: string } }
  const instances = json(await cli('instance list --json')) as { items: { id: string; host: string }[] }
  const [instance] = instances.items

  const tables: [argv: string[], whole: string[]][] = [
    [
      ['account', 'list'],
      [ACCOUNT, 'nightly', 'shop as reader', GROUP],
    ],
    [['key', 'list', ACCOUNT], [made.key.id]],
    [
      ['audit', 'list'],
      ['admin@example.com', ACCOUNT, made.key.id, GROUP, PERSON],
    ],
    [
      ['instance', 'list'],
      [instance?.id ?? '?', instance?.host ?? '?'],
    ],
    [['group', 'list'], [GROUP]],
    [
      ['group', 'show', GROUP],
      [GROUP, PERSON],
    ],
    [
      ['group', 'member', 'list', GROUP],
      [PERSON, 'nightly'],
    ],
    [['group', 'grant', 'list', GROUP], ['shop']],
    [
      ['user', 'list'],
      [PERSON, 'admin@example.com', GROUP],
    ],
    [['user', 'invitations'], ['new@example.com']],
    [['database', 'list'], ['shop']],
    [
      ['database', 'access', 'shop'],
      [ACCOUNT, PERSON, 'admin@example.com'],
    ],
    [['database', 'check', 'shop'], []],
    [['session', 'list'], []],
    [['login-block', 'list'], []],
  ]
  for (const [argv, whole] of tables) {
    const what = argv.slice(0, 2).join(' ')
    const piped = await cli(argv, { env: { COLUMNS: '40' } })
    contains(t, what, piped, whole)
    if (what === 'key list') t.match(piped.out, KEY_NAME)
    for (const columns of [40, 60, 80, 120, 200]) {
      const ran = await cli(argv, { columns })
      const words = whole.flatMap(text => text.split(' '))
      contains(t, `${what} at ${columns}`, ran, words)
      const limit = Math.max(columns, ...words.map(displayWidth))
      const wide = ran.out.split('\n').filter(line => displayWidth(line) > limit)
      t.strictSame(wide, [], `${what} at ${columns}`)
      if (columns === 200) t.notMatch(ran.out, 'not shown', what)
    }
  }
  t.match((await cli('instance list', { columns: 80 })).out, /^\d columns? not shown \(.*\): widen the terminal or/m)
  t.match((await cli('instance list')).out.split('\n')[1], /^\S{36} /)
})

void t.test('account list shows the role on several databases, and database check what a role can not do', async t => {
  const { cli, world } = await makeCliWorld(t)
  const add = async (name: string) => {
    const url = await world.server.freshDatabase()
    return cli(['database', 'add', name, '--provision', '--url', '-'], { piped: url })
  }
  for (const name of ['jmo/cooldatabase', 'jmo/privatedatabase']) t.match(await add(name), { code: 0 })
  await cli(['account', 'create', 'robot', '--role', 'writer', '--database', 'jmo/cooldatabase', 'jmo/privatedatabase'])
  const screen = (await cli('account list', { columns: 80 })).out
  t.match(screen, /jmo\/cooldatabase, jmo\/privatedatabase as .*\n +writer\n/)

  const check = (await cli('database check shop', { columns: 80 })).out
  const findings = (json(await cli('database check shop --json')) as { findings: { detail: string }[] }).findings
  const text = check.replace(/\s+/g, ' ')
  for (const { detail } of findings) for (const word of detail.split(' ')) t.ok(text.includes(word), word)
  const piped = (await cli('database check shop')).out
  for (const { detail } of findings) t.ok(piped.includes(detail), detail)
})

function contains(t: Test, what: string, { code, out }: Ran, whole: readonly string[]): void {
  t.equal(code, 0, what)
  for (const text of whole) if (!out.includes(text)) t.fail(`${what} lacks ${text}:\n${out}`)
}
