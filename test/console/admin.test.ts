// The pages of admins and operators: what goes on, what was refused and why, and who may do what.

import t from 'tap'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { seen } from '../proxy/observe.js'
import { noBrowser } from '../support/browser.js'
import { missing, run, start } from '../support/tools.js'
import { makeConsole } from './console.js'

const noTools = noBrowser || missing('psql')

void t.test("the operator's pages", { skip: noTools, timeout: 240_000 }, async t => {
  const { world, url, signedIn, look, person } = await makeConsole(t, { env: { POSTERN_SESSIONS_REPORT: '1s' } })
  await world.another()
  await person('vera@example.com', 'viewer')
  const page = await signedIn()

  await t.test('a live psql session is found, and ended, from the page', async t => {
    const [robot, other] = [await world.account(), await world.account({ name: 'nightly' })]
    const psql = start(t, 'psql', [world.uri(robot)], { timeoutMs: 150_000 })
    const second = start(t, 'psql', [world.uri(other)], { timeoutMs: 150_000 })
    for (const client of [psql, second]) client.say('select 40 + 2;')
    for (const client of [psql, second]) await client.until(/42/)

    await go('Sessions')
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

  await t.test('the overview says how logins went, and a reference tells why one was refused', async t => {
    const late = await world.account({ name: 'late' })
    await world.key(late, { expiresAt: Date.now() + 2 * 86_400_000 })
    await world.revoke(late)
    await seen(world)
    const { stderr } = await run('psql', [world.uri(late), '-c', 'select 1'])
    const [, reference = ''] = /Reference: (\S+)/.exec(stderr) ?? []

    await page.goto('/overview')
    await page.getByText('The key was revoked').waitFor()
    await page.getByRole('img', { name: /1 refused/ }).waitFor()
    await page.getByRole('table', { name: 'Keys about to expire' }).getByText('late').waitFor()
    await page.getByRole('table', { name: 'Instances' }).getByText('in force').nth(1).waitFor()
    await look(t, page, 'overview')

    await go('Audit')
    await page.getByText('session.end').first().waitFor()
    await look(t, page, 'audit')
    await page.getByRole('textbox', { name: 'Reference' }).fill(`DETAIL:  Reference: ${reference}`)
    await page.keyboard.press('Enter')
    await page.getByText('The key was revoked (revoked)').waitFor()
    await page.getByText(late.keyId).waitFor()
    t.equal(page.url(), `${url}/audit?reference=${reference}`)
    await look(t, page, 'audit-reference')
    await page.reload()
    await page.getByText('The key was revoked (revoked)').waitFor()
    await page.getByRole('textbox', { name: 'Reference' }).fill('ZZZZZ-ZZZZZ')
    await page.keyboard.press('Enter')
    await page.getByText('No event has this reference').waitFor()
  })

  await t.test('a group is made, gives a role, takes people in, and is deleted', async t => {
    await go('Groups')
    await page.getByText('No groups yet').waitFor()
    await look(t, page, 'groups-empty')
    await page.getByRole('button', { name: 'New group' }).first().click()
    await page.getByLabel('Name').fill('Not A Name')
    await page.getByRole('button', { name: 'Make the group' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await look(t, page, 'group-new')
    await page.getByLabel('Name').fill('analysts')
    await page.getByLabel('Description').fill('Who reads the shop.')
    await page.getByRole('button', { name: 'Make the group' }).click()
    await page.getByRole('heading', { name: 'analysts' }).waitFor()

    await page.getByRole('button', { name: 'Grant a role' }).click()
    await choose('Database', 'shop')
    await page.getByRole('button', { name: 'Grant', exact: true }).click()
    await page.getByRole('table', { name: 'Grants' }).getByText('reader').waitFor()
    await page.getByRole('button', { name: 'Add a person' }).click()
    await choose('Person', 'vera@example.com')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('table', { name: 'Members' }).getByRole('link', { name: 'vera@example.com' }).waitFor()
    await look(t, page, 'group')

    await page.getByRole('button', { name: 'Remove vera@example.com' }).click()
    await page.getByRole('dialog').getByText('0 live sessions').waitFor()
    await page.getByRole('button', { name: 'Take out' }).click()
    await page.getByText('Nobody is in it yet').waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the group' }).click()
    await page.getByText('No groups yet').waitFor()
  })

  await t.test('a person is invited, another one is deactivated, and deleted with a heir', async t => {
    const max = await person('max@example.com', 'member')
    await withTransaction(world.store, tx =>
      createPinnedAccount(tx, { name: 'maxbot', role: 'reader', databaseIds: [world.database.id], makerId: max.id }),
    )
    await go('Users')
    await page.getByRole('link', { name: 'max@example.com' }).waitFor()
    t.equal(await page.getByRole('table', { name: 'Users' }).getByText('maxbot').count(), 0)
    await look(t, page, 'users')
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('E-mail address').fill('new@example.com')
    await look(t, page, 'invite')
    await page.getByRole('button', { name: 'Make the link' }).click()
    const link = await page.getByTestId('invitation-link').textContent()
    t.match(link, /\/invitation#./)
    await page.getByRole('button', { name: 'Copy the link' }).click()
    t.equal(await page.evaluate('navigator.clipboard.readText()'), link)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('tab', { name: 'Invitations' }).click()
    await page.getByRole('cell', { name: 'new@example.com', exact: true }).waitFor()
    await look(t, page, 'invitations')
    await page.getByRole('button', { name: 'Withdraw that of new@example.com' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click()
    await page.getByText('revoked').waitFor()

    await page.goto('/users/max%40example.com')
    await page.getByRole('button', { name: 'Deactivate' }).click()
    await page.getByRole('dialog').getByText('0 live sessions').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click()
    await page.getByRole('button', { name: 'Activate', exact: true }).waitFor()
    await look(t, page, 'user')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByText('maxbot').waitFor()
    t.ok(await page.getByRole('button', { name: 'Delete for good' }).isDisabled(), 'first the heir is named')
    await choose('Who', world.admin.name)
    await look(t, page, 'user-delete')
    const lists = '**/v1/users?*'
    let release = (): void => undefined
    const released = new Promise<void>(resolve => (release = resolve))
    await page.route(lists, async route => {
      await released
      await route.continue()
    })
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.waitForURL(/\/users$/)
    await page.getByRole('heading', { name: 'Users' }).waitFor()
    t.equal(await page.getByRole('link', { name: /@example\.com$/ }).count(), 0, 'no list from before the deletion')
    release()
    await page.getByRole('link', { name: 'vera@example.com' }).waitFor()
    await page.unroute(lists)
    t.equal(await page.getByRole('link', { name: 'max@example.com' }).count(), 0)
  })

  await t.test('what is for admins is not offered to others, and a link there says so', async t => {
    await person('mia@example.com', 'member')
    const hers = await signedIn('mia@example.com')
    const offered = hers.getByRole('navigation', { name: 'Main' })
    for (const name of ['Audit', 'Groups', 'Users']) t.equal(await offered.getByRole('link', { name }).count(), 0)
    for (const path of ['/audit', '/groups/analysts', '/users']) {
      await hers.goto(path)
      await hers.getByText('Only admins and viewers of the organization see this page').waitFor()
    }
    await look(t, hers, 'not-for-members')
    await hers.goto('/users/invitations')
    await hers.getByText('Only admins of the organization see this page').waitFor()
    await hers.goto('/overview')
    await hers.getByText('No key expires soon').waitFor()

    const veras = await signedIn('vera@example.com')
    await veras.goto('/groups')
    await veras.getByText('No groups yet').waitFor()
    t.equal(await veras.getByRole('button', { name: 'New group' }).count(), 0, 'a viewer changes nothing')
  })

  async function go(name: string) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
  }

  async function choose(label: string, option: string) {
    await page.getByRole('combobox', { name: label }).click()
    await page.getByRole('option', { name: option }).click()
  }
})
