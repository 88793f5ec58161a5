// What `postern up` shows: a line for each step while it starts, then what to paste next.

import type { Quickstart } from './quickstart-file.js'
import { parseToken } from '../auth/token.js'

/** Where things lie on this machine. */
export interface Files {
  /** The JSON lines of the log. */
  readonly log: string
  /** The admin's password and token, and those of the examples. */
  readonly quickstart: string
}

export interface Screen {
  /** Begins a step; the function ends its line with what came out. */
  step(what: string): (outcome?: string) => void
  show(quickstart: Quickstart, files: Files): void
}

/** Writes to a terminal, or plainly to whatever else the output is. */
export function terminalScreen(output: NodeJS.WritableStream & { readonly isTTY?: boolean }): Screen {
  const style = output.isTTY === true && !process.env.NO_COLOR ? ANSI : PLAIN
  return {
    step(what) {
      output.write(`  ${style.dim('·')} ${what} … `)
      return (outcome = 'done') => output.write(`${style.green(outcome)}\n`)
    },
    show: (quickstart, files) => output.write(summary(quickstart, files, style)),
  }
}

/** Writes nothing but one line of JSON when ready. */
export function jsonScreen(output: NodeJS.WritableStream): Screen {
  return {
    step: () => () => {},
    show: quickstart => output.write(`${JSON.stringify({ ready: true, ...quickstart })}\n`),
  }
}

interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly green: (text: string) => string
}

const PLAIN: Style = { bold: text => text, dim: text => text, green: text => text }
const ANSI: Style = {
  bold: text => `\x1b[1m${text}\x1b[0m`,
  dim: text => `\x1b[2m${text}\x1b[0m`,
  green: text => `\x1b[32m${text}\x1b[0m`,
}

function summary(quickstart: Quickstart, files: Files, { bold, dim }: Style): string {
  const { api, metrics, admin, examples } = quickstart
  const [first] = examples
  const keyId = parseToken(first?.token ?? '')?.keyId ?? ''
  return [
    '',
    `  ${bold('Postern is ready.')}  ${dim('Ctrl-C stops it; the data stays.')}`,
    '',
    ...examples.flatMap(example => [
      `  ${bold(`psql as ${example.account}`)} ${dim(`(${example.role} on ${example.database})`)}`,
      `    ${psqlLine(quickstart, example)}`,
      '',
    ]),
    `  ${bold('Take a key back')} ${dim('in another terminal, and watch the session above end')}`,
    `    npx postern key revoke ${keyId}`,
    '',
    `  ${bold('URI')}      ${first?.uri ?? ''}`,
    `  ${bold('Console')}  ${api}`,
    `           ${dim('as')} ${admin.email} ${dim('with the password')} ${admin.password}`,
    `  ${bold('API')}      ${api}/docs`,
    `  ${bold('Metrics')}  ${metrics}/metrics`,
    `  ${bold('Secrets')}  ${files.quickstart} ${dim("has the admin's password and API token, and the tokens above")}`,
    `  ${bold('Log')}      ${files.log}`,
    '',
    '',
  ].join('\n')
}

/** A line to paste: the token is in the environment, where others on the machine can't read it, not in the arguments. */
function psqlLine({ proxy, ca }: Quickstart, { account, database, token }: Quickstart['examples'][number]): string {
  const target = `host=${proxy.host} port=${proxy.port} user=${account} dbname=${database}`
  const root = /[\s'\\]/.test(ca) ? `'${ca.replace(/['\\]/g, '\\$&')}'` : ca
  return `PGPASSWORD=${token} psql "${target} sslmode=verify-full sslrootcert=${root}"`
}
