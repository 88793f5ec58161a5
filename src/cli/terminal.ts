// What a command sees of the world around it: streams, environment, folder. Tests hand in their own.

import type { Readable, Writable } from 'node:stream'

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder from which `.postern/quickstart.json` is looked for, upwards. */
  readonly cwd: string
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Ways to make text stand out; each gives the text back unchanged where colours are not wanted. */
export interface Paint {
  readonly strong: (text: string) => string
  readonly alarm: (text: string) => string
}

/** What fits a terminal whose width is unknown, and every page, mail and pasted log. */
export const DEFAULT_COLUMNS = 80

// Narrower than this nothing can be read: better to let the terminal wrap it.
const MIN_COLUMNS = 40

/** Gives the width to print to: the terminal's own, else `COLUMNS`, else 80. In a pipe or a file there is no limit,
 * whatever `COLUMNS` says: what reads it needs every value whole. */
export function columnsOf({ stdout, env }: Terminal): number {
  if (!stdout.isTTY) return Infinity
  const width = [stdout.columns, Number(env['COLUMNS'])].find(columns => Number.isInteger(columns) && columns)
  return Math.max(MIN_COLUMNS, width ?? DEFAULT_COLUMNS)
}

/** Chooses how to paint on an output: plainly when it is no terminal, or by https://no-color.org or a dumb terminal. */
export function paintFor(output: Output, env: Terminal['env']): Paint {
  const colours = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const sgr = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { strong: sgr(1), alarm: sgr(31) }
}

/** Writes a text that ends in a line break; nothing at all for an empty text. */
export function print(output: Output, text: string): void {
  if (text !== '') output.write(text.endsWith('\n') ? text : text + '\n')
}
