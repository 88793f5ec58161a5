// The executable as a process of its own, and the commands that run a server.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t from 'tap'
import { testServer } from '../support/postgres.js'
import { runCli } from './world-cli.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

void t.test('reads stdin, writes errors to stderr and ends with their code', async t => {
  // The loader that runs this test's TypeScript runs the command's too. No quickstart file is above the root folder.
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'key', 'revoke', '--token', '-'], {
    cwd: '/',
    env: {},
  })
  child.stdin.end('pstn_nothing\n')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  t.equal(child.exitCode, 1)
  t.equal(out, '')
  t.match(err, /error: no Postern API is known here\nhint: .*\n$/)
})

void t.test('migrates the store that a file names', async t => {
  const url = await (await testServer(t)).freshDatabase()
  const secretKey = randomBytes(32).toString('base64')
  const dir = t.testdir({ 'postern.yaml': `secret_key: ${secretKey}\nstore:\n  url: ${url}\n` })
  t.match(await runCli(['migrate', '--config', join(dir, 'postern.yaml')]), { code: 0, err: '' })
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  t.equal((await client.query('select from postern.accounts')).rowCount, 0)
})

void t.test('does not serve with settings that are wrong', async t => {
  const dir = t.testdir({ 'postern.yaml': 'stoer: {}\n' })
  t.equal((await runCli(['serve', '--config', join(dir, 'postern.yaml'), '--only', 'api'])).code, 1)
})
