// People and their own keys: a forgotten password, an invitation that must not get lost, and the end of all keys of a person.

import t from 'tap'
import type { Page } from 'playwright-core'
import { setGrant } from '../../src/store/grants.js'
import { noBrowser } from '../support/browser.js'
import { missing, start } from '../support/tools.js'
import { makeConsole, signIn } from './console.js'

const NEW_PASSWORD = 'another fine pass phrase'
const PLAIN = JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }])

void t.test('people in the console', { skip: noBrowser || missing('psql'), timeout: 280_000 }, async t => {
  const env = { POSTERN_SESSIONS_REPORT: '1s', POSTERN_LISTENERS: PLAIN }
  const { world, url, open, signedIn, person, look } = await makeConsole(t, { env })
  const ada = await person('ada@example.com', 'member')
  await setGrant(world.store, { accountId: ada.id, databaseId: world.database.id, role: 'reader' })
  const page = await signedIn()

  await t.test('a password link is shown, survives Escape and a click beside it, and gives a new password', async t => {
    await page.goto('/users/ada%40example.com')
    await page.getByRole('button', { name: 'Password link' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make the link' }).click()
    const shown = page.getByTestId('invitation-link')
    const link = (await shown.textContent()) ?? ''
    t.ok(link.startsWith(`${url}/invitation#`), link)
    await look(t, page, 'password-link')
    await staysOpen(page)
    t.equal(await shown.textContent(), link)
    await page.getByRole('button', { name: 'Copy the link' }).click()
    t.equal(await page.evaluate('navigator.clipboard.readText()'), link)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    const hers = await open()
    await hers.goto(link)
    await hers.getByRole('textbox', { name: 'Password' }).fill(NEW_PASSWORD)
    await hers.getByRole('button', { name: 'Choose and sign in' }).click()
    await hers.getByRole('link', { name: 'shop' }).waitFor()
    const again = await open()
    await again.goto('/databases')
    await signIn(again, ada.name, NEW_PASSWORD)
    await again.getByRole('link', { name: 'shop' }).waitFor()
  })

  await t.test('the link of an invitation survives Escape and a click beside it', async t => {
    await page.goto('/users')
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('E-mail address').fill('new@example.com')
    await page.getByRole('button', { name: 'Make the link' }).click()
    const link = (await page.getByTestId('invitation-link').textContent()) ?? ''
    await staysOpen(page)
    t.equal(await page.getByTestId('invitation-link').textContent(), link)
    await page.getByRole('button', { name: 'I have copied it' }).click()
  })

  await t.test('all keys of a person are revoked on their page, of which active ones count', async t => {
    const [first, second] = [await world.key(ada), await world.key(ada)]
    await world.key(ada, { expiresAt: Date.now() - 1000 })
    const psql = start(t, 'psql', ['-XAt', uri(first)], { timeoutMs: 150_000 })
    psql.say('select 40 + 2;')
    await psql.until(/^42$/m)

    await page.goto('/users/ada%40example.com')
    const keys = page.getByRole('table', { name: 'Keys of ada@example.com' })
    await keys.getByText(second.keyId).waitFor()
    t.equal(await keys.getByRole('row').count(), 3, 'the expired one is not among them')
    t.equal(await page.getByRole('button', { name: 'New key' }).count(), 0, 'keys of others are not created here')
    t.equal(await page.getByRole('button', { name: /^Rotate/ }).count(), 0, 'nor rotated')
    await page.getByRole('switch', { name: 'Show revoked and expired keys too' }).check()
    await keys.getByText('expired', { exact: true }).waitFor()
    await page.getByRole('table', { name: 'Live sessions' }).getByText('psql').waitFor()
    await look(t, page, 'user-keys')

    await page.getByRole('button', { name: `Revoke ${second.keyId}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click()
    await page.getByRole('button', { name: 'Revoke all keys (1)' }).click()
    await page.getByRole('dialog').getByText('1 live session').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke 1 active key' }).click()
    await page.getByRole('region', { name: 'Revoked 1 active key of ada@example.com' }).waitFor()
    await page.getByText('In force on 1 of 1 instance, 1 of 1 session ended').waitFor()
    psql.child.stdin.end('select 43;\n')
    t.match((await psql.ended).stderr, 'session ended: the API key was revoked')
    await page.getByRole('button', { name: /^Revoke all keys/ }).waitFor({ state: 'detached' })
  })

  await t.test('viewers see the keys of a person and can revoke none', async t => {
    const { keyId } = await world.key(ada)
    await person('vera@example.com', 'viewer')
    const veras = await signedIn('vera@example.com')
    await veras.goto('/users/ada%40example.com')
    await veras.getByRole('table', { name: 'Keys of ada@example.com' }).getByText(keyId).waitFor()
    t.equal(await veras.getByRole('button', { name: /^Revoke/ }).count(), 0)
  })

  await t.test('all personal keys are revoked on the account page, and the live psql session ends', async t => {
    const own = await world.key(ada)
    const psql = start(t, 'psql', ['-XAt', uri(own)], { timeoutMs: 150_000 })
    psql.say('select 40 + 2;')
    await psql.until(/^42$/m)
    const hers = await open()
    await hers.goto('/account')
    await signIn(hers, ada.name, NEW_PASSWORD)
    await hers.getByRole('button', { name: 'Revoke all keys (2)' }).waitFor()
    await look(t, hers, 'account-keys')
    await hers.getByRole('button', { name: 'Revoke all keys (2)' }).click()
    await hers.getByRole('dialog').getByText('1 live session').waitFor()
    await hers.getByRole('dialog').getByRole('button', { name: 'Revoke 2 active keys' }).click()
    await hers.getByText('1 of 1 session ended').waitFor()
    psql.child.stdin.end('select 43;\n')
    t.match((await psql.ended).stderr, 'session ended: the API key was revoked')
    await hers.getByText('No active keys').waitFor()
    t.equal(await hers.getByRole('button', { name: /^Revoke all keys/ }).count(), 0)
  })

  function uri({ name, token }: { name: string; token: string }): string {
    return `postgresql://${encodeURIComponent(name)}:${token}@127.0.0.1:${world.port()}/shop?sslmode=disable`
  }
})

/** Tries what closes other dialogs. */
async function staysOpen(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 400)
  await page.getByRole('button', { name: 'Copy the link' }).waitFor()
}
