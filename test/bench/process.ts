// A program that takes part in a benchmark, and what it costs: read from Linux' /proc, proc(5).

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync } from 'node:fs'

/** A program must be ready within this time, and gone. */
const PATIENCE_MS = 10_000
const LOOK_MS = 20

export class Program {
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #name: string

  /** Starts a program whose output goes to a file: a pipe would cost the reader. */
  constructor(command: readonly [string, ...string[]], logFile: string, options: SpawnOptions = {}) {
    const [program, ...args] = command
    const log = openSync(logFile, 'a')
    this.#name = program
    this.#logFile = logFile
    this.#child = spawn(program, args, { ...options, stdio: ['ignore', log, log] })
    this.#child.on('error', () => {})
    // A benchmark that fails, or whose reader has gone (EPIPE), leaves nothing behind.
    process.once('exit', this.#kill)
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} could not be started`)
    return this.#child.pid
  }

  /** Waits until `isReady` likes the program's output. */
  async until(isReady: (output: string) => boolean | Promise<boolean>): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const output = readFileSync(this.#logFile, 'utf8')
      if (await isReady(output)) return output
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${this.#name} did not become ready:\n${output}`)
      }
      await pause(LOOK_MS)
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill)
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(this.#kill, PATIENCE_MS)
    await gone
    clearTimeout(timer)
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL')
}

/** Microseconds of CPU that all threads of a process that live now have used; 0 for no process. */
export function cpuMicros(pid: number | null): number {
  if (pid === null) return 0
  const tasks = readdirSync(`/proc/${pid}/task`)
  const nanos = tasks.map(task => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
  return nanos.reduce((sum, each) => sum + each, 0) / 1000
}

/** KiB of a process that are in memory and not shared. */
export function memoryKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1])
}

/** Jiffies that the whole machine has worked, and has had: their ratio over a time says how busy it was. */
export function machineJiffies(): { readonly busy: number; readonly all: number } {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? []
  const all = fields.reduce((sum, each) => sum + each, 0)
  // idle and iowait
  return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all }
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
