// Lists with more entries than one page, against the real API: searched, and completed.

import t from 'tap'
import { manyAccounts, manyGroups, manyPeople } from '../support/many.js'
import { json, makeCliWorld } from './world-cli.js'

void t.test('lists of many', { timeout: 240_000 }, async t => {
  const { world, cli } = await makeCliWorld(t)
  const databaseId = world.database.id
  await manyAccounts(world.store, { prefix: 'job-', howMany: 450, databaseId, makerId: world.admin.id })
  await manyGroups(world.store, 'team-', 450)
  await manyPeople(world.store, 'p', 10)
  await cli('group member add team-0449 p0007@example.com')
  await cli('group grant set team-0449 shop reader')

  await t.test('--search finds a part of a name in each list, in either case', async t => {
    const found = async (command: string) => json(await cli(`${command} --json`))
    t.match(await found('account list --search JOB-0449'), [{ name: 'job-0449' }])
    t.match(await found('database list --search SHO'), [{ name: 'shop' }])
    t.match(await found('database access shop --search b-0449'), [{ account: 'job-0449' }])
    t.match(await found('group list --search 0449'), [{ name: 'team-0449' }])
    t.match(await found('user list --search P0007@'), [{ email: 'p0007@example.com' }])
    t.match(await found('group member list team-0449 --search 7@'), [{ account: 'p0007@example.com' }])
    t.match(await found('group grant list team-0449 --search shop'), [{ database: 'shop' }])
    for (const list of ['account list', 'database list', 'database access shop', 'group list', 'user list'])
      t.same(await found(`${list} --search no%`), [], `${list}: no wildcards`)
    for (const list of ['group member list team-0449', 'group grant list team-0449'])
      t.same(await found(`${list} --search no_`), [], list)
  })

  await t.test('without it a list has all of its pages', async t => {
    t.match(json(await cli('account list --json')), { length: 450 })
    t.match(json(await cli('group list --json')), { length: 450 })
  })

  await t.test('a name of a later page is completed, and is what was meant', async t => {
    t.match((await cli('__complete -- account show job-044')).out.split('\n'), { length: 11 })
    t.match((await cli('__complete -- account show job-0449')).out, /^job-0449\t/)
    t.match((await cli('__complete -- user delete x --transfer-to p0007')).out, /^p0007@example.com\t/)
    t.match((await cli('account show jobb-0449')).err, /did you mean job-0449\?/)
  })

  await t.test('more names than can be listed are completed once the letters narrow them', async t => {
    for (let i = 0; i < 4; i++)
      await manyAccounts(world.store, { prefix: `run-${i}-`, howMany: 400, databaseId, makerId: world.admin.id })
    t.same(await cli(['__complete', '--', 'account', 'show', '']), { code: 0, out: '', err: '' })
    t.match((await cli('__complete -- account show run-3-0399')).out, /^run-3-0399\t/)
    t.match((await cli('__complete -- account show run-3-')).out.split('\n'), { length: 401 })
  })
})
