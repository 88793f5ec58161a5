// A password that a person chooses: its rules, for requests.

import { Type } from 'typebox'
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, weaknessOf } from '../auth/password.js'
import { invalidRequest } from './validation.js'

const RULES = `${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters, such as four words that do not belong together.`

// The schema bounds it; how many characters that are is counted as people count them.
export const NewPassword = Type.String({
  minLength: 1,
  maxLength: 4 * MAX_PASSWORD_LENGTH,
  description: RULES,
  writeOnly: true,
})

/** @throws Problem `invalid_request` with what speaks against the password, never with the password */
export function requireStrong(field: string, password: string, email: string): void {
  const problem = weaknessOf(password, email)
  if (problem !== null) throw invalidRequest([{ field, problem, hint: `Choose ${RULES}` }])
}
