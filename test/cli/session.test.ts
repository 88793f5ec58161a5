// `postern session` and `postern instance`, against a real API and proxy with a live session.

import t from 'tap'
import { drive, until } from '../proxy/observe.js'
import { fitsPage, json, makeCliWorld, no } from './world-cli.js'

interface Ended {
  readonly seq: number
}

void t.test('session and instance', async t => {
  const { cli, world, person } = await makeCliWorld(t, 'both')
  const robot = await world.account({ name: 'robot' })
  const { ended } = await drive(t, world.uri(robot))
  const sessions = async (filter = '') =>
    json(await cli(`session list ${filter} --json`)) as { id: string; state: string }[]
  await until('its session is listed', async () => (await sessions()).length === 1)
  const [session] = await sessions()

  await t.test('lists live sessions', async t => {
    const listed = await cli('session list')
    t.match(listed, { code: 0, err: '' })
    t.match(
      listed.out,
      /^ID +ACCOUNT +DATABASE +ROLE +CLIENT +AGE +STATE +BYTES\n\S{11} +robot +shop +reader +127\.0\.0\.1 +\d+ s +(idle|busy) +[\d.]+ k?B\n$/,
    )
    fitsPage(t, listed.out)
    t.equal((await sessions('--account robot --database shop')).length, 1)
    t.equal((await sessions('--account robot --database other')).length, 0)
  })

  await t.test('ends none of somebody else', async t => {
    const { token } = await person('ada@example.com')
    const env = { POSTERN_API_KEY: token }
    t.same(json(await cli('session list --json', { env })), [])
    const refused = await cli(`session end ${session?.id}`, { env })
    t.match(refused, { code: 1, out: '', err: no(/No such session/, /postern session list/) })
  })

  await t.test('ends one, and tells where that is in force', async t => {
    const done = await cli(`session end ${session?.id}`)
    t.match(done, { code: 0, out: `Ending session ${session?.id} of robot on shop.\n` })
    t.match(done.err, /^Where that is in force: postern instance list --change \d+\n$/)
    t.match(await ended, { code: '57P01' })
    const [, change] = /--change (\d+)/.exec(done.err) ?? []
    await until('it is in force', async () =>
      / on 1 of 1 proxy\./.test((await cli(`instance list --change ${change}`)).err),
    )
    await until('it is not listed', async () => (await sessions()).length === 0)
  })

  await t.test('ends one for a program', async t => {
    await drive(t, world.uri(robot))
    await until('its session is listed', async () => (await sessions()).length === 1)
    const [{ id } = { id: '' }] = await sessions()
    t.ok((json(await cli(`session end ${id} --json`)) as Ended).seq > 0)
  })

  await t.test('lists instances', async t => {
    const listed = await cli('instance list')
    t.match(
      listed.out,
      /^ID +HOST +RUNS +STATE +SINCE +LIST +PUSH +IN FORCE\n\S+ +\S+ +proxy +reporting +20\S+ \S+ +\d+ \S+ +(up|down) +(yes|no)\n$/,
    )
    t.match(listed.err, /^Change \d+ is in force on [01] of 1 proxy\.\n$/)
    fitsPage(t, (await cli('instance list', { columns: 80 })).out)
    await until('its push is told of', async () => / up /.test((await cli('instance list')).out))
    t.match(json(await cli('instance list --json')), { items: [{ runs_proxy: true }], in_force: { of: 1 } })
  })
})
