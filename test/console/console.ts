// The console in a browser, over a whole Postern: people who can sign in, pages that are looked at as people look at them,
// and everything that must never happen on any page.

import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Test } from 'tap'
import { Passwords } from '../../src/auth/password.js'
import { createPersonalAccount, setPasswordHash } from '../../src/store/account-lifecycle.js'
import type { OrgRole } from '../../src/store/accounts.js'
import { openBrowser } from '../support/browser.js'
import { makeWorld, type World, type WorldOptions } from '../support/world.js'

export const PASSWORD = 'correct horse battery staple'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** For a page on a busy machine; nothing waits for a time, only for what it needs to see. */
const PATIENCE_MS = 30_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where pictures of the pages go, if they are wanted: `npm run screenshots`. */
const PICTURES = process.env['POSTERN_SCREENSHOTS']

export interface ConsoleWorld {
  readonly world: World
  /** Where the console is. */
  readonly url: string
  /** Opens a window of its own, as another person's browser would be. */
  readonly open: () => Promise<Page>
  /** Opens one, signed in. Default: the world's admin. */
  readonly signedIn: (email?: string) => Promise<Page>
  readonly person: (email: string, orgRole: OrgRole) => Promise<{ id: string; name: string }>
  /** Looks at the page in both schemes and at two widths: nothing that axe objects to, nothing cut off. */
  readonly look: (t: Test, page: Page, name: string) => Promise<void>
}

/** Makes a world with a console, and a browser, for a whole test file. */
export async function makeConsole(t: Test, options: WorldOptions = {}): Promise<ConsoleWorld> {
  const [world, browser] = await Promise.all([makeWorld(t, { ...options, only: 'both' }), openBrowser(t)])
  const hash = await new Passwords({ concurrency: 1, maxQueue: 10 }).hash(PASSWORD)
  await setPasswordHash(world.store, world.admin.id, hash)
  const url = world.instance.api ?? ''
  const objections: string[] = []
  t.teardown(() => {
    if (objections.length > 0)
      throw new Error(`a page failed, broke its policy or asked others: ${objections.join('; ')}`)
  })

  const open = async () => {
    const context = await newContext(browser, url)
    t.teardown(() => context.close())
    const page = await context.newPage()
    watch(page, url, objections)
    return page
  }
  return {
    world,
    url,
    open,
    person: async (email, orgRole) => {
      const account = await createPersonalAccount(world.store, { email, orgRole, passwordHash: hash })
      return { id: account.id, name: account.name }
    },
    signedIn: async (email = world.admin.name) => {
      const page = await open()
      await page.goto('/')
      await signIn(page, email)
      await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' })
      return page
    },
    look,
  }
}

export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function newContext(browser: Browser, baseURL: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL, viewport: DESKTOP, reducedMotion: 'reduce', locale: 'en-GB' })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  return context
}

function watch(page: Page, url: string, objections: string[]): void {
  page.on('pageerror', error => objections.push(`${page.url()}: ${error.message}`))
  page.on('console', message => {
    // What the API says no with is a failed load to the browser.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) objections.push(message.text())
  })
  page.on('request', request => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
      objections.push(`asked ${request.url()}`)
    if (/pstn_/.test(request.url())) objections.push('a token is in an address')
  })
}

/** How far the page is wider than the window, once what moves with the window has moved: a few frames later. */
const OVERFLOW = `(async () => {
  const overflow = () => document.documentElement.scrollWidth - innerWidth
  for (let frame = 0; frame < 60 && overflow() > 0; frame++) await new Promise(requestAnimationFrame)
  return overflow()
})()`

async function look(t: Test, page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
    t.strictSame(await axe(page), [], `${name} is accessible, ${colorScheme}`)
    for (const [width, viewport] of Object.entries({ 1280: DESKTOP, 390: PHONE })) {
      await page.setViewportSize(viewport)
      const overflow = await page.evaluate<number>(OVERFLOW)
      t.ok(overflow <= 0, `${name} fits ${width} px: ${overflow}`)
      if (PICTURES !== undefined) {
        await mkdir(PICTURES, { recursive: true })
        await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true })
      }
    }
    await page.setViewportSize(DESKTOP)
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
}

const NOT_FOR_DIALOGS = ['region', 'landmark-no-duplicate-banner', 'landmark-unique'] as const

/** What axe objects to, in words. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async (notForDialogs: readonly string[]) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeAnswer> } }
    const { violations } = await axe.run({
      resultTypes: ['violations'],
      // Menus and dialogs stand at the end of the page and are landmarks enough by their roles, and a dialog's head is an
      // element <header>: these rules are about documents, not about WCAG.
      rules: Object.fromEntries(notForDialogs.map(rule => [rule, { enabled: false }])),
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
    )
  }, NOT_FOR_DIALOGS)
}

interface AxeAnswer {
  readonly violations: readonly { id: string; nodes: readonly { target: string[]; failureSummary: string }[] }[]
}
