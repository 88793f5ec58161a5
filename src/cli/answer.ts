// The frame of every client command: find the API, ask it, print what came as text or JSON.

import { ApiError, createPostern, type PosternClient } from '../sdk/client.js'
import { findApi, type ApiAccess } from './api-access.js'
import { isExposed } from './api-url.js'
import { CommandError, usageError } from './command-error.js'
import { printable } from './display-text.js'
import { explain, warn } from './failure.js'
import type { JsonOption } from './help.js'
import { isInconclusive, LostAnswers, revokeUnseen, withDoubt, type ShownOnce } from './lost-answer.js'
import { meantName, type Names } from './names.js'
import type { Layout } from './table.js'
import { write, writeSecret, type Secret } from './output.js'
import { columnsOf, paintFor, print, type Terminal } from './terminal.js'

export interface Answer {
  /** Printed with `--json`, as it is. */
  readonly data: unknown
  /** Printed without `--json`; goes to stdout and can be piped on. */
  readonly text: (layout: Layout) => string
  /** For the person who typed the command: goes to stderr, with and without `--json`. */
  readonly notes?: readonly string[]
  /** Set when `data` and `text` hold a secret that is shown this once: it is revoked when it cannot be written. */
  readonly secret?: Secret
  /** The API answered, and what it says is bad: told after all else, exit code 1. */
  readonly failure?: { readonly message: string; readonly hint: string }
}

interface AskOptions {
  /** What is asked needs no API key. */
  readonly anonymous?: boolean
  /** Asks this API, in place of the one that is found. */
  readonly access?: ApiAccess
  /** What was called by a name: an unknown one is answered with the one that was meant. */
  readonly names?: Names
  /** Set when a secret is created that is shown this once: it is revoked when the answer that shows it is lost. */
  readonly creates?: ShownOnce
  /** The longest that one request may take. */
  readonly timeoutMs?: number
}

// Provisioning logs in to a database several times; nothing else takes seconds.
const TIMEOUT_MS = 120_000

/** Runs the work of a client command and prints its answer.
 * @throws CommandError when there is no API, it can't be reached, or it says no. */
export async function answer(
  terminal: Terminal,
  options: AskOptions & JsonOption,
  work: (postern: PosternClient, access: ApiAccess) => Promise<Answer>,
): Promise<void> {
  const { data, text, notes = [], failure, secret } = await ask(terminal, options, work)
  const layout = { columns: columnsOf(terminal), paint: paintFor(terminal.stdout, terminal.env) }
  const out = options.json ? JSON.stringify(data, null, 2) : text(layout)
  if (secret) await writeSecret(terminal, out, secret)
  else await write(terminal.stdout, out)
  for (const note of notes) print(terminal.stderr, printable(note))
  if (failure) throw new CommandError(failure.message, failure.hint)
}

/** Runs the work of a client command that prints by itself.
 * @throws CommandError as `answer` does. */
export async function ask<Result>(
  terminal: Terminal,
  { anonymous = false, access: given, names = {}, creates, timeoutMs = TIMEOUT_MS }: AskOptions,
  work: (postern: PosternClient, access: ApiAccess) => Promise<Result>,
): Promise<Result> {
  const access = given ?? (await findAndWarn(terminal))
  const lost = new LostAnswers()
  const token = tokenOf(access, anonymous)
  const postern = createPostern({ url: access.url, token, timeoutMs, onLostAnswer: lost.note })
  try {
    return await work(postern, access)
  } catch (error) {
    const revoked = creates ? await revokeUnseen(postern, error, creates) : null
    if (revoked) throw revoked
    const explained = explain(error, access, isUnknownName(error) ? await meantName(postern, names) : null)
    const isDoubtful = lost.mayBeCreated && isInconclusive(error)
    throw creates && isDoubtful && explained instanceof CommandError ? withDoubt(explained, creates) : explained
  }
}

async function findAndWarn(terminal: Terminal): Promise<ApiAccess> {
  const access = await findApi(terminal)
  if (isExposed(access.url)) warn(terminal, `${access.url} is not https: secrets can be read on their way`)
  return access
}

function tokenOf({ token }: ApiAccess, anonymous: boolean): string {
  if (token !== null || anonymous) return token ?? ''
  throw new CommandError(
    'POSTERN_API_KEY is not set',
    'set it to the token of an active key, or set neither variable and run postern login',
  )
}

/** True for the noes that a misspelt name may be the reason of. */
function isUnknownName(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  // A database that is not there is one that the caller has no role on.
  return error.status === 404 || (error.code === 'role_above_cap' && error.problem?.cap === null)
}

/** Leaves out what was not given, so that the API applies its defaults. */
export function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Refuses an edit that changes nothing.
 * @param what names the options that could be given. */
export function atLeastOne<Fields extends object>(wanted: Fields, what: string): Fields {
  if (Object.keys(wanted).length > 0) return wanted
  throw usageError('nothing is to be changed', `give ${what}`)
}
