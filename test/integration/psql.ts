// Runs the real psql through the proxy.

import { run, start, missing, type Outcome, type RunOptions, type RunningProgram } from '../support/tools.js'

export const withoutPsql = missing('psql')

// -X: no ~/.psqlrc. -w: a password that is missing is an error, not a question.
const QUIET = ['-X', '-w', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1']

/** Runs statements, or meta-commands, one after the other in one session. */
export function psql(
  env: Record<string, string>,
  commands: string | readonly string[],
  options: Omit<RunOptions, 'env'> & { args?: readonly string[] } = {},
): Promise<Outcome> {
  const { args = [], ...more } = options
  const each = [commands].flat().flatMap(command => ['-c', command])
  return run('psql', [...QUIET, ...args, ...each], { env, ...more })
}

/** Starts a psql that takes its commands from `say`. */
export function startPsql(t: Parameters<typeof start>[0], env: Record<string, string>): RunningProgram {
  return start(t, 'psql', QUIET, { env })
}
