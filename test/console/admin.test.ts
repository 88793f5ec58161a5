// The pages of admins and operators: what goes on, what was refused and why, and who may do what.

import t from 'tap'
import { noBrowser } from '../support/browser.js'
import { missing, start } from '../support/tools.js'
import { makeConsole } from './console.js'

const noTools = noBrowser || missing('psql')

void t.test("the operator's pages", { skip: noTools, timeout: 240_000 }, async t => {
  const { world, url, signedIn, look, person } = await makeConsole(t, { env: { POSTERN_SESSIONS_REPORT: '1s' } })
  await world.another()
  await person('vera@example.com', 'viewer')
  const page = await signedIn()

  await t.test('a live psql session is found, and ended, from the page', async t => {
    const [robot, other] = [await world.account(), await world.account({ name: 'nightly' })]
    const psql = start(t, 'psql', [world.uri(robot)])
    const second = start(t, 'psql', [world.uri(other)])
    for (const client of [psql, second]) client.say('select 40 + 2;')
    for (const client of [psql, second]) await client.until(/42/)

    await page.getByRole('link', { name: 'Sessions' }).click()
    const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row')
    await rows.filter({ hasText: robot.name }).waitFor()
    await rows.filter({ hasText: 'nightly' }).waitFor()
    await look(t, page, 'sessions')

    await page.getByRole('combobox', { name: 'Account' }).fill(robot.name)
    await page.keyboard.press('Enter')
    await rows.filter({ hasText: 'nightly' }).waitFor({ state: 'detached' })
    t.equal(page.url(), `${url}/sessions?account=${robot.name}`)
    await page.reload()
    await page.getByRole('button', { name: /^End session/ }).click()
    await look(t, page, 'session-end')
    await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click()

    await page.getByText('In force on 2 of 2 instances, 1 of 1 session ended').waitFor()
    psql.say('select 1;')
    t.match((await psql.ended).stderr, /session ended by an admin/)
    await page.getByText('No session matches').waitFor()
    await look(t, page, 'sessions-ended')
    await page.goBack()
    await rows.filter({ hasText: 'nightly' }).waitFor()
  })
})
