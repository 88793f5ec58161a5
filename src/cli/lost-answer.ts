// Creations whose answer shows a secret this once, when that answer is lost on its way: what was created is revoked, as its
// secret was shown to no one; and where it is not known whether it was created, the error says so.

import { ApiError, type PosternClient } from '../sdk/client.js'
import { CommandError } from './command-error.js'
import type { Secret } from './output.js'

/** What a command creates and shows this once. */
export interface ShownOnce {
  /** As in `a key of robot`. */
  readonly what: string
  /** How to find and revoke it when its id is not known. */
  readonly look: string
  /** What holds the secret, by the id of what was created. */
  readonly secret: (postern: PosternClient, id: string) => Secret
  /** What to do when it was revoked. Default: run the command again. */
  readonly next?: (postern: PosternClient) => Promise<string>
}

/** Collects whether an answer to a creation was lost. */
export class LostAnswers {
  #mayBeCreated = false

  /** True when a request may have reached the API without an answer. */
  get mayBeCreated(): boolean {
    return this.#mayBeCreated
  }

  readonly note = (cause: unknown): void => {
    if (!wasNeverSent(cause)) this.#mayBeCreated = true
  }
}

/** Revokes what was created when the API reports that it was created before: every request of a command has a key of its
 * own, so that was an attempt whose answer was lost.
 * @returns the error to report in place of the API's, or null when that is no reason */
export async function revokeUnseen(
  postern: PosternClient,
  error: unknown,
  shown: ShownOnce,
): Promise<CommandError | null> {
  const id = createdId(error)
  if (id === null) return null
  const { name, revoke, byHand } = shown.secret(postern, id)
  const failure = `${name} was created, but the answer that shows it was lost`
  try {
    await revoke()
  } catch {
    return new CommandError(`${failure}, and it could not be revoked`, `revoke it: ${byHand}`)
  }
  const next = (await shown.next?.(postern).catch(() => null)) ?? 'run the command again'
  return new CommandError(`${failure}; it was revoked`, next)
}

/** Adds to the error of a command that something may have been created. */
export function withDoubt({ message, hint, exitCode }: CommandError, { what, look }: ShownOnce): CommandError {
  return new CommandError(`${message}; ${what} may have been created`, `${look}; ${hint}`, exitCode)
}

/** True for what the API answers before it looks at the request, so that it says nothing about an earlier attempt. */
export function isInconclusive(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true
  return error.status >= 500 || [401, 408, 429].includes(error.status) || error.code === 'request_under_way'
}

function createdId(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.code !== 'already_created') return null
  return /\/([^/]+)$/.exec(error.problem?.location ?? '')?.[1] ?? null
}

const UNSENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$|CERT|SELF_SIGNED|UNABLE_TO_/

/** True when there was no connection to send a request over. */
function wasNeverSent(cause: unknown): boolean {
  if (!(cause instanceof TypeError) || !(cause.cause instanceof Error)) return false
  const { code, message } = cause.cause as NodeJS.ErrnoException
  return message === 'unexpected redirect' || message === 'bad port' || UNSENT.test(code ?? '')
}
