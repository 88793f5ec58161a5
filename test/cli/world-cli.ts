// Runs command lines in this process against the real API of a world, and looks at what they print.

import type { Test } from 'tap'
import { run } from '../../src/cli/program.js'
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
}

/** Runs a command line; words are apart by spaces. */
export async function runCli(argv: string | readonly string[], fakes: Fakes = {}): Promise<Ran> {
  const terminal = fakeTerminal(fakes)
  const code = await run(typeof argv === 'string' ? argv.split(' ').filter(Boolean) : argv, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

export async function makeCliWorld(t: Test): Promise<CliWorld> {
  const world = await makeWorld(t, { only: 'api', env: { POSTERN_API_RATE_LIMIT_TOKEN_REVOCATIONS: '100' } })
  const admin = await world.key(world.admin)
  const env = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: admin.token }
  return { world, admin, cli: (argv, fakes = {}) => runCli(argv, { ...fakes, env: { ...env, ...fakes.env } }) }
}
