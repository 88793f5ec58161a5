// Runs a short-lived program to its end, as a given OS user, with a clean environment, a deadline and bounded output.

import { spawn } from 'node:child_process'
import type { OsUser } from './os-user.js'

/** How much of a program's output is kept: its end, where the reason of a failure is. */
const MAX_OUTPUT_CHARACTERS = 16_384

export interface Outcome {
  /** The exit code, or null when a signal ended the program. */
  readonly code: number | null
  /** The last 16,384 characters of standard output and standard error. */
  readonly output: string
}

/**
 * Runs `file` with `args` and resolves when it has ended, whatever its exit code. A program that outlives `timeoutMs`
 * is killed. Rejects with Node's system error when it can't be started at all.
 */
export function run(
  file: string,
  args: readonly string[],
  { user, timeoutMs }: { user: OsUser | null; timeoutMs: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...spawnAs(user),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // Not spawn's own `timeout`: when a program can't be started, that keeps this process waiting all the same.
    const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let output = ''
    const keep = (text: string) => (output = (output + text).slice(-MAX_OUTPUT_CHARACTERS))
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.once('error', error => {
      clearTimeout(deadline)
      reject(error)
    })
    child.once('close', code => {
      clearTimeout(deadline)
      resolve({ code, output })
    })
  })
}

/**
 * The part of the spawn options that every program here shares. The working directory is `/` because the server's OS
 * user may not be able to enter ours. The environment is our own: PGPORT, LD_LIBRARY_PATH, an unknown LC_ALL or TZ of
 * the caller's shell would otherwise change what the server does, or keep it from starting.
 */
export function spawnAs(user: OsUser | null): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return user === null ? { cwd: '/', env } : { cwd: '/', env, uid: user.uid, gid: user.gid }
}
