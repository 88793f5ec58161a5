// What a client program calls itself, made fit for lists: its own claim, and no proof of anything.

import { redactText } from '../model/redact.js'

/** As long as PostgreSQL lets application_name be: NAMEDATALEN - 1, postgres src/include/pg_config_manual.h. */
const MAX_CHARACTERS = 63

/** Cleans a claimed name of what could deceive in a list (control characters, and those that turn the direction of text
 * around) and of secrets, and cuts it at 63 characters. null: nothing is left. */
export function applicationName(claimed: string): string | null {
  const visible = claimed.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()
  // After the cleaning, which could put a token together again, and before the cut.
  return [...redactText(visible)].slice(0, MAX_CHARACTERS).join('') || null
}
