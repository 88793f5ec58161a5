// Coming and going: signing in, being sent to sign in and back, signing out.

import t from 'tap'
import { noBrowser } from '../support/browser.js'
import { makeConsole, signIn } from './console.js'

void t.test('the console', { skip: noBrowser, timeout: 240_000 }, async t => {
  const { world, url, open, look } = await makeConsole(t)

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
})
