// The completion scripts in the shells they are for, which ask the built command; and its answers with an API behind it.

import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { missing, run } from '../support/tools.js'
import { makeCliWorld, runCli } from './world-cli.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Runs a script in a shell that finds `postern` and nothing of the developer's own. */
async function shell(t: Test, program: string, args: readonly string[]): Promise<string[]> {
  const dir = t.testdir({ bin: {}, home: {}, 'notes.txt': '' })
  await writeFile(join(dir, 'bin', 'postern'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  await chmod(join(dir, 'bin', 'postern'), 0o755)
  const home = join(dir, 'home')
  const env = { HOME: home, XDG_CONFIG_HOME: home, PATH: `${dir}/bin:${process.env['PATH']}`, TERM: 'dumb', DIR: dir }
  const { code, stdout, stderr } = await run(program, args, { env, timeoutMs: 120_000 })
  t.match({ code, stderr }, { code: 0, stderr: '' })
  return stdout.split('\n').filter(Boolean)
}

const BASH = `
source <(postern completion bash)
complete -p postern
# Only bash itself may call it, while it completes.
compopt() { echo "compopt $*"; }
try() { COMP_LINE=$1 COMP_POINT=\${2:-\${#1}}; COMPREPLY=(); _postern; echo "$1 > \${COMPREPLY[*]}"; }
try 'postern acc'
try 'postern account d'
try 'postern account create x --role=w'
try 'postern account create x --role '
try 'postern accXYZ' 11
try 'postern serve --config '
try 'postern databse '
`

void t.test('bash', { skip: missing('bash') }, async t => {
  t.same(await shell(t, 'bash', ['--norc', '-c', BASH]), [
    'complete -F _postern postern',
    'postern acc > account',
    'postern account d > disable delete',
    // bash takes = for the end of a word and replaces only what is behind it.
    'postern account create x --role=w > writer',
    'postern account create x --role  > reader writer admin',
    'postern accXYZ > account',
    'compopt -o default',
    'postern serve --config  > ',
    'postern databse  > ',
  ])
})

// zsh completes only for someone who types: a second one does, in a terminal of its own. The line that Tab has completed
// is then printed in place of being run.
const ZSH = `
zmodload zsh/zpty
until_seen() { local piece; seen=; while zpty -r z piece; do seen+=$piece; [[ $seen == *$~1* ]] && return; done; }
zpty z zsh -fi
zpty -w z "bindkey -e; cd $DIR; autoload -Uz compinit; compinit -u -D; source <(postern completion zsh); print -r -- 'rea''dy'"
until_seen ready
try() {
  zpty -w z "$1"$'\\x01'"print -r -- 'do''ne:' "
  until_seen 'done: *'$'\\n'
  print -r -- "\${\${seen##*done: }%%$'\\r'*}"
}
try $'postern account cre\\tx --role=wr\\t'
try $'postern serve --config no\\t'
try $'postern databse x\\t'
`

void t.test('zsh', { skip: missing('zsh') }, async t => {
  t.same(await shell(t, 'zsh', ['-f', '-c', ZSH]), [
    'postern account create x --role=writer',
    'postern serve --config notes.txt',
    'postern databse x',
  ])
})

const FISH = `
cd $DIR
postern completion fish | source
complete -C 'postern whoa'
complete -C 'postern account create x --role='
complete -C 'postern serve --config no'
complete -C 'postern databse '
`

void t.test('fish', { skip: missing('fish') }, async t => {
  t.same(await shell(t, 'fish', ['--no-config', '-c', FISH]), [
    'whoami\tshow who you are',
    '--role=admin',
    '--role=reader',
    '--role=writer',
    'notes.txt',
  ])
})

void t.test('offers the names that the API lists', async t => {
  const { cli } = await makeCliWorld(t)
  await cli(['account', 'create', 'etl', '--role', 'reader', '--database', 'shop', '--description', 'at\nnight'])
  await cli('account create robot --role reader --database shop')
  t.same(await cli('__complete -- account show e'), { code: 0, out: 'etl\tat night\n', err: '' })
  t.match((await cli(['__complete', '--', 'key', 'list', ''])).out, /^etl\t.*\nrobot\t\n$/)
  await cli(['group', 'create', 'analysts', '--description', 'They read'])
  t.match((await cli('__complete -- group member add an')).out, 'analysts\tThey read\n')
  t.match((await cli(['__complete', '--', 'connect', 'etl', '--database=s'])).out, '--database=shop\tadmin\n')
})

void t.test('offers none, and says nothing, where there is no API', async t => {
  t.same(await runCli('__complete -- account show e'), { code: 0, out: '', err: '' })
  const env = { POSTERN_API_URL: 'http://127.0.0.1:1', POSTERN_API_KEY: 'x' }
  t.same(await runCli('__complete -- account show e', { env }), { code: 0, out: '', err: '' })
})
