// Pickers and lists where there is more than a page holds: everything that is there can be found.

import t from 'tap'
import { noBrowser } from '../support/browser.js'
import { manyAccounts, manyDatabases, manyGroups, manyPeople } from '../support/many.js'
import { makeConsole } from './console.js'

void t.test('finding one among many', { skip: noBrowser, timeout: 280_000 }, async t => {
  const { world, signedIn } = await makeConsole(t)
  const { store, admin, database } = world
  await manyGroups(store, 'team-', 120)
  await manyDatabases(store, 'base-', 220, admin.id)
  await manyPeople(store, 'p', 120)
  const page = await signedIn()
  const dialog = page.getByRole('dialog')

  const choose = async (label: string, text: string) => {
    await dialog.getByRole('combobox', { name: label }).fill(text)
    await page.getByRole('option', { name: text }).click()
  }

  await t.test('the groups and the databases of a new account are found among many', async () => {
    await page.goto('/service-accounts')
    await page.getByRole('button', { name: 'New service account' }).first().click()
    await choose('Databases', 'base-0219')
    await dialog.getByText('Not possible: you are reader on base-0219.').first().waitFor()
    await dialog.getByText('In groups').click()
    await dialog.getByRole('textbox', { name: 'Name' }).fill('grouped')
    await choose('Groups', 'team-0119')
    await choose('Groups', 'team-0003')
    // Closes the list of groups, which covers the button.
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'Create service account' }).click()
    await page.getByRole('heading', { name: 'grouped' }).waitFor()
    await page.getByText('team-0003, team-0119').waitFor()
  })

  await t.test('the database of a grant and the person of a group are found among many', async () => {
    await page.goto('/groups/team-0119')
    await page.getByRole('button', { name: 'Grant a role' }).click()
    await choose('Database', 'base-0219')
    await dialog.getByRole('button', { name: 'Grant', exact: true }).click()
    await page.getByRole('table', { name: 'Grants' }).getByRole('link', { name: 'base-0219' }).waitFor()
    await page.getByRole('button', { name: 'Add a person' }).click()
    await choose('Person', 'p0118@example.com')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('table', { name: 'Members' }).getByRole('link', { name: 'p0118@example.com' }).waitFor()
  })

  await t.test('an account of the middle of a thousand is found, and nothing found is said to be nothing', async t => {
    for (const prefix of ['robot-0', 'robot-1'])
      await manyAccounts(store, { prefix, howMany: 500, databaseId: database.id, makerId: admin.id })
    await page.goto('/service-accounts')
    const field = page.getByRole('searchbox', { name: 'Find by name or description' })
    const table = page.getByRole('table', { name: 'Service accounts' })
    await table.getByRole('link', { name: 'robot-00000' }).waitFor()
    await field.fill('BOT-10060')
    await table.getByRole('link', { name: 'robot-00000' }).waitFor({ state: 'detached' })
    await table.getByRole('link', { name: 'robot-10060' }).waitFor()
    t.equal(await table.getByRole('link').count(), 1)
    await page.reload()
    await table.getByRole('link', { name: 'robot-10060' }).waitFor()
    await field.fill('none of them')
    await page.getByText('No service account matches none of them').waitFor()
    t.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0)
    t.equal(await table.count(), 0)
    for (const [path, label, text] of [
      ['/databases', 'Find by name', 'base-0219'],
      ['/groups', 'Find by name or description', 'team-0119'],
      ['/users', 'Find by e-mail address', 'p0119@'],
      ['/databases/shop/access', 'Find by name', 'robot-10499'],
    ] as const) {
      await page.goto(path)
      await page.getByRole('searchbox', { name: label }).fill(text)
      await page.getByRole('row', { name: text }).waitFor()
    }
  })
})
