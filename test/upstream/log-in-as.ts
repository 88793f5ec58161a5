// One login, with what most tests don't care about filled in.

import { dial } from '../../src/upstream/dial.js'
import { logIn, type LoginOptions, type UpstreamSession } from '../../src/upstream/login.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import type { Target } from '../../src/upstream/target.js'
import { UpstreamError } from '../../src/upstream/upstream-error.js'

type Given = Pick<LoginOptions, 'user' | 'password'> & Partial<LoginOptions>

/** Dials and logs in; the session's leg is destroyed with the test. */
export async function logInAs(
  t: { teardown(end: () => void): void },
  target: Target,
  given: Given,
): Promise<UpstreamSession> {
  const leg = await dial(target, { connectTimeoutMs: 5_000 })
  t.teardown(() => leg.destroy())
  const filled = {
    dbname: 'postgres',
    parameters: new Map(),
    minor: 0,
    saltedPasswords: new SaltedPasswords(),
  } as const
  return logIn(leg, { ...filled, ...given })
}

/** Returns the UpstreamError that the work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<UpstreamError> {
  try {
    await work
  } catch (error) {
    if (error instanceof UpstreamError) return error
    throw error
  }
  throw new Error('expected an UpstreamError, but nothing failed')
}
