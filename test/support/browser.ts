// A real browser for the console's tests: the system's Chromium, on a profile that ends with it.

import { spawnSync } from 'node:child_process'
import { chromium, type Browser } from 'playwright-core'
import type { Test } from 'tap'
import { missing } from './tools.js'

/** Why tests that need a browser are skipped, or false. In CI a missing one is a failure. */
export const noBrowser = missing('chromium')

const FLAGS = [
  // CI is root in a container.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts a browser that ends with the test `t`. */
export async function openBrowser(t: Test): Promise<Browser> {
  const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim()
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: 60_000 })
  t.teardown(() => browser.close())
  return browser
}
