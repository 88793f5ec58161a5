import { spawnSync } from 'node:child_process'
import t from 'tap'
import { ROOT } from './source-files.js'

/** What a visitor finds at the top, besides dot files. */
const ENTRIES = new Set([
  'Dockerfile',
  'LICENSE',
  'README.md',
  'config',
  'package-lock.json',
  'package.json',
  'src',
  'test',
  'tsconfig.json',
])

/** Files that belong to the repository, or null where there is none: in a container, or in what npm packed. */
function trackedFiles(): string[] | null {
  // Whoever runs the tests may not own the checkout.
  const git = spawnSync('git', ['-c', `safe.directory=${ROOT}`, 'ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  return git.status === 0 ? git.stdout.split('\0').filter(path => path !== '') : null
}

const files = trackedFiles()
const skip = files === null && process.env['CI'] !== 'true' && 'no git, or no repository here'

void t.test('the top level holds what it is meant to hold, and nothing else', { skip }, async t => {
  t.ok(files, 'git knows the files')
  const top = new Set(files?.map(path => path.split('/')[0] ?? ''))
  t.same(
    [...top].filter(entry => !entry.startsWith('.') && !ENTRIES.has(entry)),
    [],
  )
})

void t.test('the CI folder holds the one script that runs everything', { skip }, async t => {
  t.same(
    files?.filter(path => path.startsWith('.ci/')),
    ['.ci/run'],
  )
})

void t.test('no file is named for what it is not about', { skip }, async t => {
  const vague = /^(utils?|helpers?|common|types|misc|index)(\.test)?\.[cm]?[jt]sx?$/
  t.same(
    files?.filter(path => /^(src|test)\//.test(path) && vague.test(path.split('/').at(-1) ?? '')),
    [],
  )
})

void t.test('files are named in kebab-case', { skip }, async t => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
  // A Java class names its own file, and migrations are numbered.
  const names = files?.filter(path => /^(src|test)\//.test(path)).map(path => path.split('/').at(-1) ?? '')
  t.same(
    names?.filter(name => !kebab.test(name) && !name.endsWith('.sql') && !name.endsWith('.java')),
    [],
  )
})
