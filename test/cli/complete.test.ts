import t from 'tap'
import { complete } from '../../src/cli/complete.js'
import { createProgram } from '../../src/cli/program.js'
import { fakeTerminal } from './fake-terminal.js'

const program = createProgram(fakeTerminal(), () => undefined)

/** What may come next, in a short form: the words, or what kind of thing. */
function next(...words: string[]): string[] | string {
  const wanted = complete(program, words)
  if (wanted.kind === 'words') return wanted.candidates.map(({ value }) => value)
  return wanted.kind === 'names' ? `${wanted.before}<${wanted.noun}>` : '<file>'
}

void t.test('offers commands, and what each does', async t => {
  t.same(next('datab'), ['database'])
  t.same(next('account', 'd'), ['disable', 'delete'])
  t.match(complete(program, ['whoa']), { candidates: [{ value: 'whoami', meaning: 'show who you are' }] })
  t.notMatch(next(''), ['__complete'], 'but not the hidden one')
  t.same(next('__'), [])
})

void t.test('offers options that were not given yet', async t => {
  t.same(next('group', 'delete', '--'), ['--yes', '--json', '--help'])
  t.same(next('group', 'delete', '--yes', '--'), ['--json', '--help'])
  t.same(next('group', 'delete', 'staff', '--js'), ['--json'])
  t.same(next('account', 'create', 'x', '--database', 'shop', '--data'), ['--database'], 'or that may be repeated')
  t.same(next('group', 'delete', '--', '--'), '<group>', 'none after --')
})

void t.test('offers the choices of an option, in both forms', async t => {
  t.same(next('account', 'create', 'x', '--role', ''), ['reader', 'writer', 'admin'])
  t.same(next('account', 'create', 'x', '--role=w'), ['--role=writer'])
  t.same(next('completion', ''), ['bash', 'zsh', 'fish'])
  t.same(next('key', 'revoke', '--token', ''), ['-'])
})

void t.test('knows where a name of something belongs', async t => {
  t.equal(next('account', 'show', ''), '<account>')
  t.equal(next('database', 'check', ''), '<database>')
  t.equal(next('key', 'create', 'ro'), '<account>')
  t.equal(next('group', 'delete', ''), '<group>')
  t.equal(next('group', 'grant', 'set', 'a', ''), '<database>')
  t.same(next('group', 'grant', 'set', 'a', 'b', 'w'), ['writer'])
  t.equal(next('database', 'grant', 'set', 'shop', ''), '<user>')
  t.equal(next('user', 'password-link', ''), '<user>')
  t.equal(next('account', 'create', 'x', '--group', 'a', '--group', ''), '<group>')
  t.equal(next('connect', 'robot', '--database', ''), '<database>')
  t.equal(next('connect', '--database=sh'), '--database=<database>')
  t.equal(next('connect', '--database', 'shop', ''), '<account>')
})

void t.test('offers no name for what is new, or for what was given already', async t => {
  t.same(next('account', 'create', ''), [])
  t.same(next('database', 'add', ''), [])
  t.same(next('account', 'show', 'robot', ''), [])
  t.same(next('key', 'create', 'robot', '--name', ''), [])
})

void t.test('leaves files to the shell', async t => {
  t.equal(next('serve', '--config', '/etc/p'), '<file>')
  t.equal(next('up', '--data', ''), '<file>')
})

void t.test('offers nothing after what it does not know', async t => {
  t.same(next('databse', ''), [])
  t.same(next('account', 'create', '--nonsense=x', ''), [])
})
