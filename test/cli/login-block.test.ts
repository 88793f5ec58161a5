// `postern login-block`, against a real API and two proxies, one of which blocks a network.

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { drive, until } from '../proxy/observe.js'
import { fitsPage, json, makeCliWorld, no } from './world-cli.js'

void t.test('login-block', async t => {
  const { cli, world, person } = await makeCliWorld(t, 'both')
  const other = await world.another({ env: { POSTERN_FAILED_LOGINS_PER_NETWORK: '2' } })
  const robot = await world.account({ name: 'robot' })
  const logIn = (member: { name: string; token: string }) => drive(t, world.uri(member, { on: other }))
  for (const name of ['ada', 'bob']) await t.rejects(logIn({ name, token: mintToken().token }), { code: '28P01' })
  await t.rejects(logIn(robot), { code: '28000' })
  const blocks = async () => json(await cli('login-block list --json')) as { network: string }[]
  await until('its block is listed', async () => (await blocks()).length === 1)

  await t.test('lists blocked networks', async t => {
    const listed = await cli('login-block list')
    t.match(listed, { code: 0, err: '' })
    t.match(
      listed.out,
      /^NETWORK +BAD TOKENS +SINCE +UNTIL +INSTANCES\n127\.0\.0\.1\/32 +2 +20\S+ \S+ +20\S+ \S+ +1\n$/,
    )
    fitsPage(t, listed.out)
  })

  await t.test('lifts none for a member, nor one that is not there', async t => {
    const { token } = await person('eve@example.com')
    t.match(await cli('login-block remove 127.0.0.1', { env: { POSTERN_API_KEY: token } }), { code: 1 })
    for (const address of ['192.0.2.7', 'localhost']) {
      t.match(await cli(`login-block remove ${address}`), { code: 1, err: no(/No such network/, /login-block list/) })
    }
    await t.rejects(logIn(robot), { code: '28000' })
  })

  await t.test('lifts one on the instance that has it, wherever it is asked for', async t => {
    const done = await cli('login-block remove 127.0.0.1')
    t.match(done, { code: 0, out: 'Letting 127.0.0.1/32 try again.\n' })
    const [, change] = /--change (\d+)/.exec(done.err) ?? []
    await until('it is in force', async () =>
      / on 2 of 2 proxies\./.test((await cli(`instance list --change ${change}`)).err),
    )
    await logIn(robot)
    await until('it is not listed', async () => (await blocks()).length === 0)
    const audit = json(await cli('audit list --action login-block.remove --json'))
    t.match(audit, [{ target: '127.0.0.1/32', outcome: 'done' }, { outcome: 'refused' }, { outcome: 'refused' }])
  })
})
