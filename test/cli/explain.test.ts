// `postern explain` and `database access`, against the real API.

import t from 'tap'
import { fitsPage, json, makeCliWorld, no } from './world-cli.js'

void t.test('who may what, and why', async t => {
  const { cli, world, person } = await makeCliWorld(t)
  const ada = await person('ada@example.com')
  await cli('group create analysts')
  await cli('group grant set analysts shop writer')
  await cli('group member add analysts ada@example.com')
  await cli('account create spare --role reader --database shop')
  const robot = await world.account({ name: 'robot' })

  await t.test('explain tells the role, the rule and the login', async t => {
    const direct = await cli('explain admin@example.com shop')
    t.match(direct, { code: 0, err: '' })
    t.match(
      direct.out,
      /^admin@example\.com logs in to shop as admin\.\n\nBecause +a grant of its own\nLogin +postern_\w+_admin\n$/,
    )
    t.match((await cli('explain ada@example.com shop')).out, /as writer\.\n\nBecause +group analysts\n/)
    t.match((await cli('explain robot shop')).out, /as reader\.\n\nBecause +chosen when it was made\n/)
    t.match(json(await cli('explain robot shop --json')), {
      allowed: true,
      role: 'reader',
      because: { rule: 'pinned' },
    })
  })

  await t.test('explain tells what stands in the way, with exit code 1', async t => {
    t.match(await cli('explain spare shop'), {
      code: 1,
      out: '',
      err: no(/may not use shop: .*no active key/, /postern key create/),
    })
    await cli('account disable robot')
    const disabled = await cli('explain robot shop --json')
    t.match(disabled, { code: 1, err: no(/is disabled/, /account enable/) })
    t.match(JSON.parse(disabled.out), { allowed: false, reason: 'disabled' })
    await cli('account enable robot')
    t.match(await cli('explain robot nowhere'), { code: 1, err: no(/No database|no database/, /database list/) })
    t.match(await cli('explain nobody shop'), { code: 1, err: no(/no account/, /account list/) })
    await world.revoke(robot)
  })

  await t.test('explain answers members about what is theirs', async t => {
    const env = { POSTERN_API_KEY: ada.token }
    t.match(await cli('explain ada@example.com shop', { env }), { code: 0 })
    t.match(await cli('explain robot shop', { env }), { code: 1, err: no(/No such account/) })
  })

  await t.test('database access lists everybody, and why', async t => {
    await cli('account create etl --role admin --database shop')
    await cli('database grant set shop admin@example.com writer')
    const listed = await cli('database access shop')
    t.match(listed, { code: 0, err: '' })
    t.match(
      listed.out,
      /^ACCOUNT +KIND +STATE +ROLE +BECAUSE OF\nada@example\.com +personal +active +writer +group analysts\n/,
    )
    t.match(listed.out, /\netl +service +active +writer +admin@example\.com has no more; /)
    fitsPage(t, (await cli('database access shop', { columns: 80 })).out)
    t.match(json(await cli('database access shop --json')), [
      { account: 'ada@example.com', because: { group: 'analysts' } },
    ])
    t.match(await cli('database access shp'), { code: 1, err: no(/No such database/, /did you mean shop\?/) })
  })
})
