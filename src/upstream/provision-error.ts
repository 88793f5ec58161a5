// Why a database could not be provisioned, in words that tell an admin what to do.

import { QueryError } from './query.js'

export type ProvisionErrorCode =
  /** The server lacks what the three roles are made of. */
  | 'server_too_old'
  /** The admin login may not do what is needed; the message names the right. */
  | 'missing_right'
  /** The database is Postern's own store. */
  | 'is_store'

/** For the eyes of whoever gave the admin's URL. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError'
  readonly code: ProvisionErrorCode

  constructor(code: ProvisionErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

const INSUFFICIENT_PRIVILEGE = '42501'

/** Tells whether the server refused for want of a right. */
export function lacksRight(error: unknown): error is QueryError {
  return error instanceof QueryError && error.sqlstate === INSUFFICIENT_PRIVILEGE
}

/** Runs `work`; a refusal for want of a right becomes a ProvisionError that says what to do. */
export async function withRight<T>(hint: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!lacksRight(error)) throw error
    throw new ProvisionError('missing_right', `${error.message}: ${hint}`, { cause: error })
  }
}
