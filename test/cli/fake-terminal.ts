// A terminal that keeps what is written, and types what it is told to.

import { PassThrough, Writable } from 'node:stream'
import type { Terminal } from '../../src/cli/terminal.js'

export interface FakeTerminal extends Terminal {
  readonly out: () => string
  readonly err: () => string
  /** True while the terminal's own echo is off. */
  readonly raw: () => boolean
}

export interface Fakes {
  readonly env?: Terminal['env']
  readonly cwd?: string
  /** What comes through the pipe at stdin; nothing by default. */
  readonly piped?: string
  /** What a person types: then stdin is a terminal. */
  readonly typed?: string
  /** Width, when stdout is a terminal. */
  readonly columns?: number
}

export function fakeTerminal({ env = {}, cwd = '/', piped = '', typed, columns }: Fakes = {}): FakeTerminal {
  const out = recorder(columns)
  const err = recorder(columns)
  let raw = false
  const stdin = Object.assign(new PassThrough(), {
    isTTY: typed !== undefined,
    setRawMode: (on: boolean) => (raw = on),
  })
  if (typed === undefined) stdin.end(piped)
  else stdin.write(typed)
  return { stdin, stdout: out.stream, stderr: err.stream, env, cwd, out: out.text, err: err.text, raw: () => raw }
}

function recorder(columns: number | undefined): { stream: Terminal['stdout']; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8')
      done()
    },
  })
  return { stream: columns === undefined ? stream : Object.assign(stream, { isTTY: true, columns }), text: () => text }
}
