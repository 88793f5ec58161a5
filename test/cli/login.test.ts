// `postern login`, `logout` and `whoami` against the real API.

import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { makeCliWorld } from './world-cli.js'

void t.test('login', async t => {
  const { cli, world, admin } = await makeCliWorld(t)
  const url = world.instance.api ?? ''
  const XDG_CONFIG_HOME = t.testdir()
  const file = join(XDG_CONFIG_HOME, 'postern', 'credentials.json')
  const env = { POSTERN_API_URL: undefined, POSTERN_API_KEY: undefined, XDG_CONFIG_HOME }

  await t.test('wants to know where the API is', async t => {
    t.match(await cli('login', { env, piped: admin.token }), { code: 2, out: '', err: /\nhint: give --url/ })
    t.match(await cli(`login --url postgres://x`, { env }), { code: 1, err: /^error: --url does not hold an http/ })
  })

  await t.test('keeps nothing that the API does not accept', async t => {
    const piped = `${admin.token.slice(0, -1)}x\n`
    const refused = await cli(`login --url ${url}`, { env, piped })
    t.match(refused, { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
    t.notMatch(refused.err, piped.slice(20, 60))
    await t.rejects(readFile(file), { code: 'ENOENT' })
    t.match(await cli(`login --url ${url}`, { env }), { code: 2, err: /nothing was given/ })
  })

  await t.test('asks for the token without showing it, and keeps it', async t => {
    const { code, out, err } = await cli(`login --url ${url}/`, { env, typed: `${admin.token}\r` })
    t.equal(code, 0)
    t.equal(out, `Logged in to ${url} as admin@example.com.\n`)
    t.match(err, `Token for ${url}: \n`)
    t.match(err, `The token is kept in ${file}.\n`)
    t.notMatch(out + err, admin.token)
    t.same(JSON.parse(await readFile(file, 'utf8')), { url, token: admin.token })
    t.match(await cli('account list', { env }), { code: 0, err: '' })
  })

  await t.test('reads it from stdin, for the API where it was last', async t => {
    const robot = await world.account({ expiresAt: Date.now() + 86_400_000 })
    const { code, out, err } = await cli('login --json', { env, piped: `${robot.token}\n` })
    t.equal(code, 0)
    t.same(JSON.parse(out), { url, file, account: robot.name })
    t.match(err, /^The key expires 20.* UTC\.\n/)
    const who = await cli('whoami', { env })
    t.match(who, { code: 0, err: '' })
    t.match(
      who.out,
      new RegExp(
        `^Account +${robot.name}\nKind +service account\nKey +${robot.keyId}, expires 20.* UTC\n` +
          `API +${url}, from postern login\nDatabases +shop \\(reader\\)\n$`,
      ),
    )
    t.match(JSON.parse((await cli('whoami --json', { env })).out), { url, account: { name: robot.name } })
    await world.revoke(robot)
    t.match(await cli('whoami', { env }), { code: 1, err: /\nhint: .*run postern login again\n$/ })
  })

  await t.test('tells that the environment goes before it', async t => {
    const both = { XDG_CONFIG_HOME }
    const { code, err } = await cli('login', { env: both, piped: admin.token })
    t.equal(code, 0)
    t.match(err, 'warning: POSTERN_API_URL is set, and goes before this login\n')
    t.match((await cli('whoami', { env: both })).out, /API .*, from POSTERN_API_URL\n/)
  })

  await t.test('does not use a file that others can read', async t => {
    await chmod(file, 0o644)
    t.match(await cli('whoami', { env }), { code: 1, err: /can be read by other users.*\nhint: chmod 600/ })
    t.match(await cli(`login --url ${url}`, { env, piped: admin.token }), { code: 0 }, 'but a new login mends it')
  })

  await t.test('logout forgets it', async t => {
    t.match(await cli('logout', { env }), { code: 0, out: `Logged out: ${file} is removed.\n`, err: '' })
    t.match(await cli('logout', { env }), { code: 0, out: 'There was no login.\n' })
    t.same(JSON.parse((await cli('logout --json', { env })).out), { removed: false })
    t.match(await cli('whoami', { env }), { code: 1, err: /no Postern API is known here/ })
  })

  await t.test('warns before a token goes over an open network', async t => {
    const { code, err } = await cli('login --url http://postern.invalid', { env, piped: 'x' })
    t.equal(code, 1)
    t.match(err, /^warning: .*not https.*\nerror: .*\nhint: check --url/)
  })
})
