// What the console shows of a pinned account whose databases were removed.

import t from 'tap'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { getDatabaseByName, removeDatabase } from '../../src/store/databases.js'
import { withTransaction } from '../../src/store/transaction.js'
import { sampleDatabase } from '../store/sample.js'
import { noBrowser } from '../support/browser.js'
import { makeConsole } from './console.js'

void t.test('after its databases were removed', { skip: noBrowser, timeout: 240_000 }, async t => {
  const { world, signedIn, look } = await makeConsole(t)
  await sampleDatabase(world.store, 'tmpdb')
  const { id } = await getDatabaseByName(world.store, 'tmpdb')
  await withTransaction(world.store, tx =>
    createPinnedAccount(tx, { name: 'only-tmp', role: 'reader', databaseIds: [id], makerId: world.admin.id }),
  )
  await world.account({ name: 'robot' })
  await removeDatabase(world.store, id)
  const page = await signedIn()

  await t.test('an account is listed as reaching no database', async t => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Service accounts' }).click()
    const rows = page.getByRole('table', { name: 'Service accounts' }).getByRole('row')
    await rows.filter({ hasText: 'robot' }).getByText('shop').waitFor()
    await rows.filter({ hasText: 'only-tmp' }).getByText('No databases: its databases were removed').waitFor()
    await look(t, page, 'service-accounts-removed-database')
  })

  await t.test('its page says what to do, and it can be disabled, enabled and deleted', async t => {
    await page.getByRole('link', { name: 'only-tmp' }).click()
    await page.getByText('cannot be edited: create a new service account').waitFor()
    await look(t, page, 'service-account-removed-database')
    for (const [verb, then] of [
      ['Disable', 'Enable'],
      ['Enable', 'Disable'],
    ] as const) {
      await page.getByRole('button', { name: verb, exact: true }).click()
      await page
        .getByRole('dialog')
        .getByRole('button', { name: `${verb} account` })
        .click()
      await page.getByRole('button', { name: then, exact: true }).waitFor()
    }
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click()
    await page.getByRole('table', { name: 'Service accounts' }).getByRole('link', { name: 'robot' }).waitFor()
    await page.getByRole('link', { name: 'only-tmp' }).waitFor({ state: 'detached' })
  })

  await t.test('the Connect tab of another database works as before', async t => {
    await page.goto('/databases/shop/connect')
    await page.getByRole('radio', { name: /robot/ }).waitFor()
    t.equal(await page.getByRole('radio', { name: /only-tmp/ }).count(), 0)
  })
})
