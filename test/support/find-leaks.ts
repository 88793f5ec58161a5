// Ends a test run: looks through every log line, and through everything that the tests printed, for each secret that the
// run has used and for anything that is a whole token. Exits 1 when it finds one.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseToken } from '../../src/auth/token.js'
import { LEAKS_DIR } from './leak-watch.js'

const RESULTS_DIR = join(LEAKS_DIR, '..', 'test-results')
const TOKENS = /pstn_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/g

const secrets = filesIn(LEAKS_DIR, '.secrets').flatMap(file => readFileSync(file, 'utf8').split('\n').filter(Boolean))
const told = [...filesIn(LEAKS_DIR, '.log'), ...filesIn(RESULTS_DIR, '')]
const leaks = told.flatMap(file => leaksIn(readFileSync(file, 'utf8')).map(line => `${file}:${line}`))

const lines = told.reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length, 0)
console.log(`# looked for ${secrets.length} secrets in ${lines} lines that the tests and Postern have written`)
if (secrets.length === 0 || lines === 0) fail('there was nothing to look at: the tests did not run')
if (leaks.length > 0) fail(`a secret stands in ${leaks.slice(0, 20).join(', ')}`)
rmSync(LEAKS_DIR, { recursive: true, force: true })

/** The numbers of the lines that hold a secret. Never the line itself. */
function leaksIn(text: string): number[] {
  if (!secrets.some(secret => text.includes(secret)) && !hasToken(text)) return []
  return text
    .split('\n')
    .flatMap((line, index) => (secrets.some(secret => line.includes(secret)) || hasToken(line) ? [index + 1] : []))
}

function hasToken(text: string): boolean {
  return [...text.matchAll(TOKENS)].some(([token]) => parseToken(token) !== null)
}

function filesIn(dir: string, ending: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .map(name => join(dir, name))
      .filter(file => file.endsWith(ending) && statSync(file).isFile())
  } catch {
    return []
  }
}

function fail(why: string): never {
  console.error(`not ok - ${why}`)
  process.exit(1)
}
