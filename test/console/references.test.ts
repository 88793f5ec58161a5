// From what a client was told to the true reason: references of psql and of the console, looked up in the audit log.

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { noBrowser } from '../support/browser.js'
import { missing, run } from '../support/tools.js'
import { makeConsole, signIn } from './console.js'

const PLAIN = JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }])

void t.test('references in the console', { skip: noBrowser || missing('psql'), timeout: 280_000 }, async t => {
  const env = { POSTERN_SESSIONS_REPORT: '1s', POSTERN_LISTENERS: PLAIN }
  const { world, url, open, signedIn, person, look } = await makeConsole(t, { env })
  const page = await signedIn()
  const field = page.getByRole('search').getByLabel('Reference', { exact: true })

  await t.test('the whole error of psql is pasted into the audit log, and leads to the event', async t => {
    const robot = await world.account({ name: 'nightly' })
    const { stderr } = await run('psql', [world.uri({ ...robot, token: mintToken().token })])
    const [, reference = ''] = /Reference: (\S+)/.exec(stderr) ?? []
    t.match(reference, /^\w{5}-\w{5}$/)
    await page.goto('/audit')
    await field.waitFor()
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(`$ psql shop\n${stderr}$ `)})`)
    await field.focus()
    await page.keyboard.press('ControlOrMeta+V')
    await page.waitForURL(`${url}/audit?reference=${reference}`)
    await page.getByText('(wrong_token)').waitFor()
    t.equal(await field.inputValue(), reference)

    await page.goto(`/audit?reference=${reference.toLowerCase()}`)
    await page.getByText('(wrong_token)').waitFor()
  })

  await t.test('a reference that the console shows is copied, and leads to the event', async t => {
    for (const attempt of ['made', 'refused']) {
      await page.goto('/groups')
      await page.getByRole('button', { name: 'New group' }).first().click()
      await page.getByLabel('Name').fill('analysts')
      await page.getByRole('button', { name: 'Make the group' }).click()
      if (attempt === 'made') await page.getByRole('heading', { name: 'analysts' }).waitFor()
    }
    const problem = page.getByRole('dialog').getByRole('alert')
    await problem.waitFor()
    await look(t, page, 'problem-reference')
    await problem.getByRole('button', { name: 'Copy the reference' }).click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    t.match(copied, /^urn:uuid:[0-9a-f-]{36}$/)
    t.equal(await problem.getByRole('link').textContent(), copied, 'what is shown is what is copied')
    await problem.getByRole('link').click()
    await page.getByText('(name_taken)').waitFor()
    await page.getByText('group.create').first().waitFor()
    await look(t, page, 'audit-problem')

    await page.goto('/audit')
    await field.fill(copied.replace('urn:uuid:', '').toUpperCase())
    await page.keyboard.press('Enter')
    await page.getByText('(name_taken)').waitFor()
    t.equal(page.url(), `${url}/audit?reference=${encodeURIComponent(copied)}`)
  })

  await t.test(
    'a text without a reference is answered with the forms of one, and stays out of the address',
    async t => {
      await page.goto('/audit')
      await field.fill('password authentication failed')
      await page.keyboard.press('Enter')
      await page.getByText('A reference looks like 7CEPH-YNPTA or urn:uuid:').waitFor()
      t.equal(page.url(), `${url}/audit`)
      await look(t, page, 'audit-no-reference')
      await field.fill('ZZZZZ-ZZZZZ')
      await page.keyboard.press('Enter')
      await page.getByText('No event has this reference').waitFor()
      await page.goto('/audit?reference=nonsense')
      await page.getByRole('alert').getByText('A reference looks like 7CEPH-YNPTA or urn:uuid:').waitFor()
    },
  )

  await t.test('who may not read the audit log, and who is not signed in yet, can copy a reference', async t => {
    const mia = await person('mia@example.com', 'member')
    const hers = await open()
    await hers.goto('/account')
    await signIn(hers, mia.name, 'not the password')
    const refused = hers.getByRole('alert')
    await refused.getByRole('button', { name: 'Copy the reference' }).waitFor()
    t.equal(await refused.getByRole('link').count(), 0)
    await signIn(hers, mia.name)
    await hers.getByRole('textbox', { name: 'Current password' }).fill('not the password')
    await hers.getByRole('textbox', { name: 'New password' }).fill('another fine pass phrase')
    await hers.getByRole('button', { name: 'Change password' }).click()
    await refused.getByRole('button', { name: 'Copy the reference' }).click()
    t.match(await hers.evaluate<string>('navigator.clipboard.readText()'), /^urn:uuid:/)
    t.equal(await refused.getByRole('link').count(), 0)
  })
})
