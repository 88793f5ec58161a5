// From nothing to a psql prompt, and back: making a service account and a key where it is needed, rotating, revoking.

import t from 'tap'
import { noBrowser } from '../support/browser.js'
import { missing, run, start } from '../support/tools.js'
import { makeConsole } from './console.js'

const noPsql = missing('psql')
const PLAIN = JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }])

void t.test('keys in the console', { skip: noBrowser || noPsql, timeout: 280_000 }, async t => {
  const { signedIn, look } = await makeConsole(t, { env: { POSTERN_LISTENERS: PLAIN } })
  const page = await signedIn()
  let psql = ''

  await t.test('the first key: a service account, a key, and psql with the line of the page', async t => {
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
    await page.getByText('Revoked 1 active key of nightly-report').waitFor()
    session.child.stdin.end('select 43;\n')
    const { stderr } = await session.ended
    t.match(stderr, 'session ended: the API key was revoked')
    const refused = await run('sh', ['-c', `${psql} -c 'select 1'`])
    t.match(refused.stderr, 'password authentication failed')
    await page.getByText('No active keys').waitFor()
    await page.goBack()
    await page.getByText('Chosen when it was made').waitFor()
  })
})
