// Coming and going: signing in, being sent to sign in and back, signing out.

import t from 'tap'
import { noBrowser } from '../support/browser.js'
import { makeConsole, PASSWORD, signIn } from './console.js'

void t.test('the console', { skip: noBrowser, timeout: 240_000 }, async t => {
  const { world, url, open, look, person, signedIn } = await makeConsole(t)

  await t.test('a deep link asks who is there, and then shows what was asked for', async t => {
    const page = await open()
    await page.goto('/databases?from=mail')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await look(t, page, 'sign-in')
    await signIn(page, world.admin.name, 'wrong password')
    t.match(await page.getByRole('alert').textContent(), /password/i)
    await look(t, page, 'sign-in-refused')
    await signIn(page, world.admin.name)
    await page.getByRole('heading', { name: 'Databases' }).waitFor()
    await page.getByRole('link', { name: 'shop' }).waitFor()
    t.equal(page.url(), `${url}/databases?from=mail`)
    await look(t, page, 'databases')

    await page.reload()
    await page.getByRole('link', { name: 'shop' }).waitFor()
    t.equal(page.url(), `${url}/databases?from=mail`, 'a reload keeps the place')
    const cookies = await page.context().cookies()
    t.strictSame(
      cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })),
      [{ httpOnly: true, sameSite: 'Strict' }],
    )

    await page.getByRole('button', { name: /^Menu of/ }).click()
    await look(t, page, 'user-menu')
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  await t.test('an invitation: the secret leaves the address at once, and whoever holds it is in', async t => {
    const { token } = await world.key(world.admin)
    const answer = await fetch(`${url}/v1/invitations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'new@example.com', org_role: 'member' }),
    })
    const invitation = (await answer.json()) as { url: string; token: string }
    const page = await open()
    await page.goto(invitation.url)
    await page.getByRole('heading', { name: 'Welcome to Postern' }).waitFor()
    t.equal(page.url(), `${url}/invitation`)
    t.notMatch(await page.content(), invitation.token)
    await look(t, page, 'invitation')
    const choose = page.getByRole('button', { name: 'Choose and sign in' })
    t.ok(await choose.isDisabled(), 'not without a password')
    await page.getByRole('textbox', { name: 'Password' }).fill('new@example.com')
    await choose.click()
    t.match(await page.getByRole('alert').textContent(), /password/)
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await choose.click()
    await page.getByText('No databases yet').waitFor()
    await look(t, page, 'databases-empty')

    const again = await open()
    await again.goto(invitation.url)
    await again.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await again.getByRole('button', { name: 'Choose and sign in' }).click()
    await again.getByRole('alert').waitFor()
    await again.reload()
    await again.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
  })

  await t.test('a changed password signs out everywhere else, and back in one is where one was', async t => {
    const ada = await person('ada@example.com', 'member')
    const [here, there] = [await signedIn(ada.name), await signedIn(ada.name)]
    await there.goto('/service-accounts')
    await there.getByText('No service accounts yet').waitFor()
    await look(t, there, 'service-accounts-empty')
    await here.getByRole('button', { name: /^Menu of/ }).click()
    await here.getByRole('menuitem', { name: 'Account and personal keys' }).click()
    await here.getByRole('table', { name: 'Where you are signed in' }).getByRole('row').nth(2).waitFor()
    await look(t, here, 'account')

    await here.getByRole('textbox', { name: 'Current password' }).fill('not this one')
    await here.getByRole('textbox', { name: 'New password' }).fill('another fine pass phrase')
    await here.getByRole('button', { name: 'Change password' }).click()
    await here.getByRole('alert').waitFor()
    await here.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD)
    await here.getByRole('button', { name: 'Change password' }).click()
    await here.getByText('Your password is changed').waitFor()

    await there.getByRole('button', { name: 'New service account' }).first().click()
    await there.getByRole('button', { name: 'Cancel' }).click()
    await there.reload()
    await signIn(there, ada.name, 'another fine pass phrase')
    await there.getByText('No service accounts yet').waitFor()
    t.equal(there.url(), `${url}/service-accounts`)
    await here.getByRole('button', { name: 'Sign out everywhere' }).click()
    await here.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
    await here.getByRole('heading', { name: 'Sign in' }).waitFor()
    await there.getByRole('link', { name: 'Databases' }).click()
    await there.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.equal(there.url(), `${url}/databases`)
  })

  await t.test('with the keyboard alone: past the navigation, and in again', async t => {
    const page = await open()
    await page.goto('/databases')
    await page.getByLabel('E-mail address').waitFor()
    await page.keyboard.type(world.admin.name)
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'shop' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'shop' }).waitFor()
    await page.keyboard.press('Tab')
    await page.locator('.skip-link:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    t.equal(await page.evaluate<string>('document.activeElement.textContent'), 'shop')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'shop' }).waitFor()
    t.equal(page.url(), `${url}/databases/shop`)
  })
})
