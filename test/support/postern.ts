// Runs the built `postern` command as a process of its own, as a person would.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Running {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves with the first line of stdout or stderr that matches; rejects when the process ends without. */
  line(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>
}

/** What the process ends with: a test, or a benchmark. */
interface Scene {
  teardown(end: () => Promise<void>): void
}

/** Starts the command; it is killed when the test ends, should it still run. */
export function postern(t: Scene, args: readonly string[], env: Record<string, string> = {}): Running {
  // What is set for the tests is no setting of theirs.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('POSTERN_'))
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...Object.fromEntries(own), ...env }, stdio: 'pipe' })
  const out = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text
      for (const look of watchers) look()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => out.stdout,
    stderr: () => out.stderr,
    kill: signal => void child.kill(signal),
    ended,
    line: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = `${out.stdout}\n${out.stderr}`.split('\n').find(line => pattern.test(line))
          if (found !== undefined) resolve(found)
        }
        watchers.add(look)
        look()
        void ended.then(code => reject(new Error(`postern ended with ${code}: ${out.stderr}`)))
      }),
  }
}
