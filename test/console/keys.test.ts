// From nothing to a psql prompt, and back: making a service account and a key where it is needed, rotating, revoking.

import t from 'tap'
import { addDatabase } from '../../src/store/databases.js'
import { setGrant } from '../../src/store/grants.js'
import { withTransaction } from '../../src/store/transaction.js'
import { noBrowser } from '../support/browser.js'
import { missing, run, start } from '../support/tools.js'
import { makeConsole } from './console.js'

const LOGIN = { user: 'nobody', password: 'none' }
const NOWHERE = { host: '127.0.0.1', port: 1, dbname: 'ledger', sslMode: 'disable', sslRootCert: null } as const
const noPsql = missing('psql')
const PLAIN = JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }])

void t.test('keys in the console', { skip: noBrowser || noPsql, timeout: 280_000 }, async t => {
  const { world, signedIn, person, look } = await makeConsole(t, { env: { POSTERN_LISTENERS: PLAIN } })
  const page = await signedIn()
  let psql = ''

  await t.test('the first key: a service account, a key, and psql with the line of the page', async t => {
    await page.getByRole('link', { name: 'Databases' }).click()
    await page.getByRole('link', { name: 'shop' }).click()
    await page.getByRole('radio', { name: 'admin@example.com' }).waitFor()
    await look(t, page, 'connect-personal')
    await page.getByRole('button', { name: 'Create new' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('nightly-report')
    await dialog.getByRole('radio', { name: 'reader' }).check()
    await look(t, page, 'connect-create-account')
    await dialog.getByRole('button', { name: 'Create service account' }).click()
    await page.getByRole('radio', { name: 'nightly-report', checked: true }).waitFor()
    t.match(page.url(), 'account=nightly-report')

    await page.getByLabel('A new key').fill('cron')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('its token is in the strings below').waitFor()
    psql = (await page.getByLabel('psql', { exact: true }).textContent()) ?? ''
    t.match(psql, /^PGPASSWORD='?pstn_\w{12}_\w{49}'? psql /)
    await look(t, page, 'connect-key')
    const { code, stdout, stderr } = await run('sh', ['-c', `${psql} -Atc 'select current_user'`])
    t.equal(code, 0, stderr)
    t.match(stdout, /_reader$/m)

    await page.getByRole('button', { name: 'Copy psql' }).click()
    t.equal(await page.evaluate<string>('navigator.clipboard.readText()'), psql)
  })

  await t.test('every form of the API can be chosen, and has the token in it', async t => {
    const choice = page.getByRole('combobox', { name: 'Connect with' })
    await choice.click()
    const names = await page.getByRole('option').allTextContents()
    t.ok(names.length >= 12, names.join())
    for (const name of ['URI', 'JDBC', 'SQLAlchemy', 'Field by field']) {
      await choice.click()
      await page.getByRole('option', { name, exact: true }).click()
      await page.locator('pre', { hasText: 'pstn_' }).first().waitFor()
    }
    await page.goto(page.url())
    await page.locator('pre', { hasText: '<token>' }).first().waitFor()
    t.equal(await page.locator('pre', { hasText: 'pstn_' }).count(), 0, 'after a reload the token is gone')
    t.equal(await choice.inputValue(), 'Field by field', 'and the place is kept')
  })

  await t.test('an incident: all keys of an account are revoked, and its session ends', async t => {
    const session = start(t, 'sh', ['-c', `exec env ${psql.replace(' psql ', ' psql -XAt ')}`], { timeoutMs: 150_000 })
    session.say('select 42;')
    await session.until(/^42$/m)
    await page.goto('/databases/shop/sessions')
    await page.getByRole('button', { name: /^End session/ }).waitFor()
    await look(t, page, 'database-sessions')
    await page.getByRole('tab', { name: 'Access' }).click()
    await page.getByText('Chosen when it was made').waitFor()
    await look(t, page, 'database-access')
    await page.getByRole('link', { name: 'nightly-report' }).click()
    await page.getByRole('heading', { name: 'API keys' }).waitFor()
    await page.getByRole('button', { name: /^End session/ }).waitFor()
    await look(t, page, 'service-account')
    await page.getByRole('button', { name: 'Revoke (1) active key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 live session').waitFor()
    await look(t, page, 'revoke-all')
    await dialog.getByRole('button', { name: 'Revoke 1 active key' }).click()
    await page.getByText('In force on 1 of 1 instance, 1 of 1 session ended').waitFor()
    await look(t, page, 'revoked')
    session.child.stdin.end('select 43;\n')
    const { stderr } = await session.ended
    t.match(stderr, 'session ended: the API key was revoked')
    const refused = await run('sh', ['-c', `${psql} -c 'select 1'`])
    t.match(refused.stderr, 'password authentication failed')
    await page.getByText('No active keys').waitFor()
    await page.goBack()
    await page.getByText('Chosen when it was made').waitFor()
  })

  await t.test('a key is rotated, one is revoked by its token, and an account is stopped and deleted', async t => {
    await page.goto('/service-accounts/nightly-report')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('laptop')
    let creations = 0
    page.on('request', request => {
      if (request.method() === 'POST' && request.url().endsWith('/keys')) creations++
    })
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).dblclick()
    const shown = page.getByTestId('token')
    const first = (await shown.textContent()) ?? ''
    t.match(first, /^pstn_\w{12}_\w{49}$/)
    t.equal(creations, 1, 'however often the button is pressed')
    await look(t, page, 'token')
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('button', { name: 'Rotate laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click()
    await page.getByText('The new key is made').waitFor()
    const second = (await shown.textContent()) ?? ''
    t.not(second, first)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('expires tomorrow').or(page.getByText('expires in 24 hours')).waitFor()
    await look(t, page, 'keys')

    await page.getByRole('link', { name: 'Service accounts' }).first().click()
    await page.getByRole('button', { name: 'Revoke a single key' }).click()
    await page.getByRole('textbox', { name: 'Token' }).fill(second.slice(0, -1))
    await page.getByRole('button', { name: 'Revoke this key' }).click()
    await page.getByRole('alert').waitFor()
    await look(t, page, 'revoke-token')
    await page.getByRole('textbox', { name: 'Token' }).fill(second)
    await page.getByRole('button', { name: 'Revoke this key' }).click()
    await page.getByText('If a key has this token, it is revoked').waitFor()
    await page
      .getByRole('row', { name: /nightly-report/ })
      .getByRole('cell', { name: '1', exact: true })
      .waitFor()

    await page.getByRole('link', { name: 'nightly-report' }).click()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click()
    await page.getByText('its keys are refused until it is enabled again').waitFor()
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Enable account' }).click()
    await page.getByRole('button', { name: 'Disable' }).waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByText('It has 1 active key and no live session').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click()
    await page.getByText('No service accounts yet').waitFor()
  })

  await t.test('a member sees which role is not possible, and which database sets that', async t => {
    const ada = await person('ada@example.com', 'member')
    const logins = { reader: LOGIN, writer: LOGIN, admin: LOGIN }
    const ledger = await withTransaction(world.store, tx =>
      addDatabase(tx, world.instance.knowledge.sealer, { ...NOWHERE, name: 'ledger', announce: true, logins }),
    )
    await setGrant(world.store, { accountId: ada.id, databaseId: world.database.id, role: 'writer' })
    await setGrant(world.store, { accountId: ada.id, databaseId: ledger.id, role: 'reader' })
    const page = await signedIn(ada.name)
    await page.goto('/service-accounts')
    await page.getByRole('button', { name: 'New service account' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('dashboard')
    await dialog.getByLabel('Databases').click()
    await page.getByRole('option', { name: 'shop (you: writer)' }).click()
    await dialog.getByText('Not possible: you are writer on shop.').waitFor()
    await dialog.getByRole('radio', { name: 'writer' }).check()
    await dialog.getByLabel('Databases').click()
    await page.getByRole('option', { name: 'ledger (you: reader)' }).click()
    await dialog.getByText('Not possible: you are reader on ledger.').first().waitFor()
    const create = dialog.getByRole('button', { name: 'Create service account' })
    t.ok(await create.isDisabled())
    await page.keyboard.press('Escape')
    await look(t, page, 'create-service-account')
    await dialog.getByRole('radio', { name: 'reader' }).check()
    await create.click()
    await page.getByRole('heading', { name: 'dashboard' }).waitFor()
    await page.goto('/databases/ledger/check')
    await page.getByText('There is no page at this address').waitFor()
  })

  await t.test('an admin proves the logins of a database again', async t => {
    await page.goto('/databases/shop/check')
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText(/All \d+ checks hold/).waitFor()
    await look(t, page, 'database-check')
    await page.goto('/databases/ledger/check')
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByRole('alert').waitFor()
    await look(t, page, 'database-check-failed')
  })
})
