// The built command in a shell of its own, with real pipes and files.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Ran } from './world-cli.js'

const POSTERN = fileURLToPath(new URL('../../src/cli/postern.js', import.meta.url))

type Env = Readonly<Record<string, string>>

/** Runs a script of bash, in which `postern` is the built command. */
export async function shell(script: string, env: Env = {}): Promise<Ran> {
  const postern = `postern() { '${process.execPath}' '${POSTERN}' "$@"; }`
  const child = spawn('bash', ['-c', `set -o pipefail\n${postern}\n${script}`], { cwd: '/', env: toEnv(env) })
  child.stdin.end()
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode ?? -1, out, err }
}

/** Runs the command with a pipe as its output whose reader has left before it starts to write. */
export async function withoutReader(argv: readonly string[], env: Env = {}): Promise<Ran> {
  const child = spawn(process.execPath, [POSTERN, ...argv], { cwd: '/', env: toEnv(env) })
  child.stdout.destroy()
  child.stdin.end()
  const [err] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code: child.exitCode ?? -1, out: '', err }
}

function toEnv(env: Env): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }
}
