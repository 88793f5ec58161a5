// What a command does when the only answer that shows a token or a link is lost on its way: a TCP middleman between the
// command and a real API cuts it.

import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import { json, makeCliWorld, type CliWorld } from './world-cli.js'

void t.test('an answer that shows a secret and is lost', { timeout: 240_000 }, async t => {
  const cliWorld = await makeCliWorld(t)
  const { cli, world, admin, person } = cliWorld
  const wire = await middleman(t, world.instance.api ?? '')
  const ask = (command: string) => cli(command, { env: { POSTERN_API_URL: wire.url, POSTERN_API_KEY: admin.token } })
  await cli('account create machine --role reader --database shop')

  for (const place of ['before it began', 'in its body'] as const) {
    await t.test(`the key is revoked when it is cut ${place}`, async t => {
      wire.cut('/keys ', { times: 1, place })
      const { code, out, err } = await ask('key create machine')
      t.same({ code, out }, { code: 1, out: '' })
      const [, id = ''] =
        /^error: key (\w{12}) of machine was created, but .* was lost; it was revoked\nhint: run the command again\n$/.exec(
          err,
        ) ?? []
      t.equal((await keysOf(cliWorld))[id], 'revoked', err)
      t.notOk(Object.values(await keysOf(cliWorld)).includes('active'))
    })
  }

  await t.test('the key is named with the command that revokes it when it cannot be revoked either', async t => {
    wire.cut('/keys ', { times: 1, place: 'before it began' }, '/revoke ')
    const { code, err } = await ask('key create machine --json')
    t.equal(code, 1)
    const [, id = '', byHand] =
      /key (\w{12}) of machine .* could not be revoked\nhint: revoke it: (.+)\n$/.exec(err) ?? []
    t.equal(byHand, `postern key revoke ${id}`, err)
    t.ok(id in (await keysOf(cliWorld)))
    t.match(await cli(`key revoke ${id}`), { code: 0 })
  })

  await t.test('the error says that a key may exist when every answer is cut', async t => {
    const before = Object.keys(await keysOf(cliWorld)).length
    for (const place of ['before it began', 'in its body'] as const) {
      wire.cut('/keys ', { times: Infinity, place })
      t.match(await ask('key create machine'), {
        code: 1,
        out: '',
        err: /^error: could not talk to .*; a key of machine may have been created\nhint: postern key list machine shows it: revoke it with postern key revoke ID; .+\n$/,
      })
    }
    t.equal(Object.keys(await keysOf(cliWorld)).length, before + 2, 'it does')
    await cli('key revoke-all machine --yes')
  })

  await t.test('the error says nothing of the kind when no request could be sent', async t => {
    const env = { POSTERN_API_URL: `http://127.0.0.1:${await freePort()}`, POSTERN_API_KEY: admin.token }
    const { err } = await cli('key create machine', { env })
    t.match(err, /^error: nothing answers at .*: connection refused\n/)
    t.notMatch(err, /may have been created/)
  })

  await t.test('the successor is revoked, and the old key goes on until the end that the rotation has set', async t => {
    const { key, token } = json(await cli('key create machine --json')) as { key: { id: string }; token: string }
    wire.cut('/rotate ', { times: 1, place: 'before it began' })
    const { code, err } = await ask(`key rotate ${key.id} --grace 2h`)
    t.equal(code, 1)
    const pattern = new RegExp(
      `^error: key (\\w{12}) was created, but .* was lost; it was revoked\nhint: key ${key.id} works until 20.* UTC after this rotation: ` +
        'create a new key with postern key create machine\n$',
    )
    const [, id = ''] = pattern.exec(err) ?? []
    const states = await keysOf(cliWorld)
    t.match({ old: states[key.id], successor: states[id] }, { old: 'active', successor: 'revoked' }, err)
    t.match(await cli('whoami', { env: { POSTERN_API_KEY: token } }), { code: 0 }, 'the old token works')

    wire.cut('/rotate ', { times: Infinity, place: 'before it began' })
    t.match(await ask(`key rotate ${key.id}`), {
      code: 1,
      err: new RegExp(`; a successor of key ${key.id} may have been created\nhint: postern key list ACCOUNT shows it`),
    })
  })

  await t.test('the link of an invitation and a password link are revoked', async t => {
    await person('ada@example.com')
    for (const [command, path, email] of [
      ['user invite grace@example.com --role member', '/invitations ', 'grace@example.com'],
      ['user password-link ada@example.com', '/password-link ', 'ada@example.com'],
    ] as const) {
      wire.cut(path, { times: 1, place: 'in its body' })
      t.match(await ask(command), {
        code: 1,
        out: '',
        err: `error: the link for ${email} was created, but the answer that shows it was lost; it was revoked\n`,
      })
      t.match(json(await cli('user invitations --json')), [{ email, state: 'revoked' }])
      wire.cut(path, { times: Infinity, place: 'before it began' })
      t.match(await ask(command), { code: 1, err: `; a link for ${email} may have been created\n` })
      t.match(await cli(`user uninvite ${email}`), { code: 0 }, 'the command of the hint')
    }
  })

  await t.test('a command whose answers come prints the token', async t => {
    wire.cut('/nothing ', { times: 0, place: 'before it began' })
    t.match(await ask('key create machine'), { code: 0, out: /^pstn_\w{62}\n$/ })
  })
})

async function keysOf({ cli }: CliWorld): Promise<Record<string, string>> {
  const keys = json(await cli('key list machine --json')) as { id: string; state: string }[]
  return Object.fromEntries(keys.map(({ id, state }) => [id, state]))
}

interface Cut {
  readonly times: number
  readonly place: 'before it began' | 'in its body'
}

/** Carries connections to the API, and resets those whose request it was told to cut, once the API has answered. */
async function middleman(t: Test, api: string) {
  const { hostname, port } = new URL(api)
  const sockets = new Set<net.Socket>()
  let path = ''
  let cut: Cut = { times: 0, place: 'before it began' }
  let always: string | undefined
  let left = 0
  const server = net.createServer(near => {
    const far = net.connect({ host: hostname, port: Number(port) })
    let isCut = false
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    near.on('data', (sent: Buffer) => {
      const line = sent.toString('latin1').split('\r\n', 1)[0] ?? ''
      if (line.startsWith('POST ') || line.startsWith('DELETE ')) {
        isCut = (left > 0 && line.includes(path)) || (always !== undefined && line.includes(always))
        if (isCut) left--
      }
      far.write(sent)
    })
    far.on('data', (answer: Buffer) => {
      if (!isCut) {
        near.write(answer)
        return
      }
      if (cut.place === 'before it began') near.resetAndDestroy()
      // All but the end, and the end of the connection behind it.
      else near.end(answer.subarray(0, answer.length - 20))
      far.destroy()
    })
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroySoon())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    /** Cuts the next answers to requests whose first line has the path, and all to those that have the other. */
    cut(toPath: string, how: Cut, other?: string): void {
      path = toPath
      cut = how
      always = other
      left = how.times
    },
  }
}
