// Collects what a test run logs and which secrets it uses, so that the end of the run can look for the ones in the
// others (find-leaks.ts). Everything lies below .tap, which is not kept in the repository.

import { appendFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const LEAKS_DIR = fileURLToPath(new URL('../../.tap/leaks/', import.meta.url))

mkdirSync(LEAKS_DIR, { recursive: true })

/** Notes a secret of this run. */
export function watchSecret(secret: string): void {
  appendFileSync(`${LEAKS_DIR}${process.pid}.secrets`, `${secret}\n`, { mode: 0o600 })
}

/** Keeps something that Postern has told: log lines, or what a client was answered. */
export function watchText(text: string): void {
  appendFileSync(`${LEAKS_DIR}${process.pid}.log`, text.endsWith('\n') ? text : `${text}\n`)
}
