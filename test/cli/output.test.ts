// Where output goes when it cannot go where it should: closed pipes, full disks, and secrets that are shown this once.

import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { appendAuditEvents } from '../../src/store/audit.js'
import { withTransaction } from '../../src/store/transaction.js'
import { shell, withoutReader } from './shell.js'
import { json, makeCliWorld, type CliWorld, type Ran } from './world-cli.js'

const FULL = /^error: cannot write to standard output: no space left on device\nhint: .+\n$/

void t.test('output that cannot be written', async t => {
  const cliWorld = await makeCliWorld(t)
  const { cli, world, admin } = cliWorld
  const env = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: admin.token }
  await cli('account create machine --role reader --database shop')

  await t.test('a reader that leaves early is no failure', async t => {
    const event = { actor: null, actorKey: null, via: 'system', action: 'x'.repeat(60), target: 't'.repeat(200), outcome: 'done', address: null } as const // prettier-ignore
    await withTransaction(world.store, tx =>
      appendAuditEvents(
        tx,
        Array.from({ length: 1500 }, () => event),
      ),
    )
    t.match(await shell('postern audit export | head -1', env), { code: 0, out: /^\{.*\}\n$/, err: '' })
    t.match(await shell('postern audit list --limit 1500 | head -1', env), { code: 0, out: /^SEQ.*\n$/, err: '' })
    for (const argv of [
      ['audit', 'export'],
      ['account', 'list'],
      ['whoami', '--json'],
      ['--help'],
      ['completion', 'bash'],
    ]) {
      t.match(await withoutReader(argv, env), { code: 0, err: '' }, argv.join(' '))
    }
  })

  await t.test('a full disk is an error of one line and no defect', async t => {
    for (const command of ['audit export', 'account list', 'whoami --json', 'completion bash', 'account --help']) {
      t.match(await shell(`postern ${command} > /dev/full`, env), { code: 1, out: '', err: FULL }, command)
    }
  })

  await t.test('what was asked for is done where stderr or stdin is closed', async t => {
    t.match(await shell('postern account list 2>&-', env), { code: 0, out: /machine/ })
    t.match(await shell('postern key revoke --token - <&-', env), {
      code: 2,
      err: /^error: nothing was given for token/,
    })
  })

  await t.test('a key whose token cannot be shown is revoked', async t => {
    await lost(t, cliWorld, await withoutReader(['key', 'create', 'machine'], env), 'its reader has closed the pipe')
    await lost(t, cliWorld, await withoutReader(['key', 'create', 'machine', '--json'], env), 'its reader has closed')
    await lost(t, cliWorld, await shell('postern key create machine > /dev/full', env), 'no space left on device')
    await lost(t, cliWorld, await shell('postern key create machine >&-', env), 'it is closed')
    const file = t.testdir()
    const written = await shell(`postern key create machine > ${file}/token && cat ${file}/token`, env)
    t.match(written, { code: 0, out: /^pstn_\w{62}\n$/, err: /This is the only time/ })
    const piped = await shell('postern key create machine | cat', env)
    t.match(piped, { code: 0, out: /^pstn_\w{62}\n$/ })
  })

  await t.test('so is the key that takes the place of another', async t => {
    const { key } = json(await cli('key create machine --json')) as { key: { id: string } }
    const ran = await shell(`postern key rotate ${key.id} > /dev/full`, env)
    await lost(t, cliWorld, ran, 'no space left on device')
    t.match(ran.err, new RegExp(`hint: key ${key.id} works until .* postern key create machine`))
  })

  await t.test('so is the link of an invitation', async t => {
    const ran = await withoutReader(['user', 'invite', 'ada@example.com', '--role', 'member'], env)
    t.match(ran, {
      code: 1,
      err: /the link for ada@example\.com was revoked, because it could not be shown\nhint: .+\n$/,
    })
    t.match(json(await cli('user invitations --json')), [{ email: 'ada@example.com', state: 'revoked' }])
  })

  await t.test('so is a password link', async t => {
    const email = cliWorld.world.admin.name
    t.match(await shell(`postern user password-link ${email} > /dev/full`, env), {
      code: 1,
      err: /the link for .+ was revoked, because it could not be shown\nhint: .+\n$/,
    })
    const [newest] = json(await cli('user invitations --json')) as { email: string; state: string }[]
    t.match(newest, { email, state: 'revoked' })
  })

  await t.test('a key that cannot be revoked either is named with the command that does', async t => {
    const api = await withoutRevocations(t, env.POSTERN_API_URL)
    const ran = await withoutReader(['key', 'create', 'machine'], { ...env, POSTERN_API_URL: api })
    t.equal(ran.code, 1)
    const [, id = ''] =
      /key (\w{12}) of machine was not shown and could not be revoked\nhint: revoke it: /.exec(ran.err) ?? []
    t.match(ran.err, `postern key revoke ${id}\n`)
    t.equal(await stateOf(cliWorld, id), 'active')
  })
})

/** Looks through the API at what became of the key that the command names. */
async function lost(t: Test, world: CliWorld, ran: Ran, reason: string): Promise<void> {
  t.equal(ran.code, 1)
  t.equal(ran.out, '')
  t.match(ran.err, new RegExp(`(^|\\n)error: cannot write to standard output: ${reason}`))
  t.notMatch(ran.err, /defect|\n\s+at |pstn_/)
  const [, id = ''] = /key (\w{12}) of machine was revoked, because it could not be shown\n/.exec(ran.err) ?? []
  t.equal(await stateOf(world, id), 'revoked', ran.err)
}

async function stateOf({ cli }: CliWorld, id: string): Promise<string | undefined> {
  const keys = json(await cli('key list machine --json')) as { id: string; state: string }[]
  return keys.find(key => key.id === id)?.state
}

/** The same API, but for revocations, whose connections break. */
async function withoutRevocations(t: Test, api: string): Promise<string> {
  const server = http.createServer((request, response) => {
    if (request.url?.endsWith('/revoke')) {
      request.socket.destroy()
      return
    }
    const { method, headers, url } = request
    const onwards = http.request(new URL(url ?? '/', api), { method, headers }, (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onwards)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
