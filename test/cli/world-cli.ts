// Runs command lines in this process against the real API of a world, and looks at what they print.

import type { Test } from 'tap'
import { displayWidth } from '../../src/cli/display-text.js'
import { run } from '../../src/cli/program.js'
import { createPersonalAccount } from '../../src/store/account-lifecycle.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { fakeTerminal, type Fakes } from './fake-terminal.js'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CliWorld {
  readonly world: World
  readonly admin: Member
  /** Runs a command as the admin, or with another environment. */
  readonly cli: (argv: string | readonly string[], fakes?: Fakes) => Promise<Ran>
  /** Makes a person with a key. */
  readonly person: (email: string, orgRole?: 'admin' | 'member' | 'viewer') => Promise<Member>
}

/** Runs a command line; words are apart by spaces. */
export async function runCli(argv: string | readonly string[], fakes: Fakes = {}): Promise<Ran> {
  const terminal = fakeTerminal(fakes)
  const code = await run(typeof argv === 'string' ? argv.split(' ').filter(Boolean) : argv, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

/** Makes a world, and an admin of it with a key.
 * @param only what its instance runs. */
export async function makeCliWorld(t: Test, only: 'api' | 'both' = 'api'): Promise<CliWorld> {
  const world = await makeWorld(t, {
    only,
    env: { POSTERN_API_RATE_LIMIT_TOKEN_REVOCATIONS: '100', POSTERN_SESSIONS_REPORT: '1s' },
  })
  const admin = await world.key(world.admin)
  const env = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: admin.token }
  return {
    world,
    admin,
    cli: (argv, fakes = {}) => runCli(argv, { ...fakes, env: { ...env, ...fakes.env } }),
    person: async (email, orgRole = 'member') =>
      world.key(await createPersonalAccount(world.store, { email, orgRole, passwordHash: null })),
  }
}

/** Parses what a command printed with --json. */
export function json({ code, out, err }: Ran): unknown {
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`)
  return JSON.parse(out)
}

/** Sees to it that what was printed fits a page. */
export function fitsPage(t: Test, out: string): void {
  for (const line of out.split('\n')) t.ok(displayWidth(line) <= 80, line)
}

/** What a refused command prints on stderr. */
export function no(error: RegExp, hint: RegExp = /.+/): RegExp {
  return new RegExp(`^error: .*${error.source}.*\\nhint: .*${hint.source}.*\\n$`)
}
