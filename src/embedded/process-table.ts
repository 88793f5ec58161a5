// What the operating system knows of other processes.

import { readFile } from 'node:fs/promises'
import { isSystemError } from './embedded-error.js'
import { run } from './run.js'

const PS_TIMEOUT_MS = 5_000

/** What the system tells of a process. */
export interface ProcessDescription {
  /** On Linux the program's name, else the whole command line. */
  readonly command: string
  readonly parentPid: number
  /** Ended, but its parent, such as a container's pid 1 that isn't an init, hasn't taken note. */
  readonly isZombie: boolean
}

/** Describes a process; null when it doesn't exist or the system won't tell. */
export async function describeProcess(pid: number): Promise<ProcessDescription | null> {
  // `pid (name) state ppid …` (proc_pid_stat(5)); slim container images have /proc but no ps.
  const [pattern, text] =
    process.platform === 'linux'
      ? [
          /^\d+ \((?<command>.*)\) (?<state>\S) (?<parent>\d+) /s,
          await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
        ]
      : [/^\s*(?<parent>\d+)\s+(?<state>\S+)\s+(?<command>.*)$/m, await ps(pid)]
  const { command, state, parent } = pattern.exec(text)?.groups ?? {}
  if (command === undefined || state === undefined) return null
  return { command, parentPid: Number(parent), isZombie: state.startsWith('Z') }
}

async function ps(pid: number): Promise<string> {
  const args = ['-ww', '-p', String(pid), '-o', 'ppid=,stat=,command=']
  return (await run('ps', args, { user: null, timeoutMs: PS_TIMEOUT_MS })).output
}

/** Whether a process exists; one that isn't ours to signal does. */
export function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return !isSystemError(error, 'ESRCH')
  }
}
