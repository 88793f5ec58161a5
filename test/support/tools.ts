// Programs that tests drive but npm does not bring: where they are missing a test is skipped, in CI it fails.

import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'

/** Answers why a test that needs the program must be skipped, or false. With these arguments the program has to succeed,
 * so that `python3 -c 'import x'` looks for a library. In CI a missing program is a failure. */
export function missing(program: string, args: readonly string[] = ['--version']): string | false {
  if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) return false
  const found = `${[program, ...args].join(' ')} does not work here`
  if (process.env.CI === 'true') throw new Error(`${found}, and in CI every test must run`)
  return found
}

export interface Outcome {
  /** Exit status; null after a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Added to this process's own variables, of which those for Postgres clients (`PG…`) are left out. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** The folder to run in. Default: this process's own. */
  readonly cwd?: string
  /** After this long the program is killed. */
  readonly timeoutMs?: number
  /** Takes standard output as it comes; `stdout` stays empty then. */
  readonly onOutput?: (chunk: Buffer) => void
}

/** Runs a program to its end. Rejects when it can not be started or takes longer than `timeoutMs`. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const running = new RunningProgram(program, args, options)
  running.child.stdin.end(options.input ?? '')
  return running.ended
}

/** Starts a program that a test talks to; it is killed when the test `t` ends. */
export function start(
  t: { teardown(end: () => void): void },
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): RunningProgram {
  const running = new RunningProgram(program, args, options)
  t.teardown(() => void running.child.kill('SIGKILL'))
  return running
}

/** A program beside the test. */
export class RunningProgram {
  readonly child: ChildProcessWithoutNullStreams
  /** Rejects when the program can not be started or takes too long. */
  readonly ended: Promise<Outcome>
  #stdout = ''
  #stderr = ''
  #isOver = false
  #wake: () => void = () => {}

  constructor(program: string, args: readonly string[], { env, cwd, timeoutMs = 30_000, onOutput }: RunOptions) {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
    this.child = spawn(program, args, { env: { ...Object.fromEntries(own), ...env }, cwd })
    if (onOutput) this.child.stdout.on('data', onOutput)
    else this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', () => this.#wake())
    // A program that ends without reading its input is no failure of ours.
    this.child.stdin.on('error', () => {})
    this.ended = this.#end(`${program} took longer than ${timeoutMs} ms`, timeoutMs)
    this.ended.catch(() => {})
  }

  say(line: string): void {
    this.child.stdin.write(`${line}\n`)
  }

  /** Waits until the output, or the error output, matches. Rejects when the program ends without. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#stdout) && !pattern.test(this.#stderr)) {
      if (this.#isOver) throw new Error(`ended without ${String(pattern)}: ${this.#stdout}${this.#stderr}`)
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  async #end(complaint: string, timeoutMs: number): Promise<Outcome> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.child.kill('SIGKILL')
    }, timeoutMs)
    const closed = once(this.child, 'close').finally(() => {
      clearTimeout(timer)
      this.#isOver = true
      this.#wake()
    })
    const [code] = (await closed) as [number | null]
    if (isLate) throw new Error(`${complaint}: ${this.#stdout}${this.#stderr}`)
    return { code, stdout: this.#stdout, stderr: this.#stderr }
  }
}
