// Names the upstream roles that Postern makes. Roles belong to a whole cluster, so a name must tell the database too.

import { createHash } from 'node:crypto'

/** reader < writer < admin. */
export type LoginRole = 'reader' | 'writer' | 'admin'

export const LOGIN_ROLES: readonly LoginRole[] = ['reader', 'writer', 'admin']

/** NAMEDATALEN - 1, postgres src/include/pg_config_manual.h: a longer name would be cut by the server. */
const MAX_NAME_BYTES = 63

const HASH_LENGTH = 12

/**
 * Returns `postern_<name>_<role>`, the same for the same database name and no other. A name that has to be altered
 * (characters other than a-z, 0-9 and _, or too long) gets `$` and a hash of the whole name: registered names hold no
 * `$`, so it can't be another database's name.
 */
export function loginName(name: string, role: LoginRole): string {
  const plain = `postern_${name}_${role}`
  if (/^[a-z0-9_]+$/.test(name) && plain.length <= MAX_NAME_BYTES) return plain
  const hash = createHash('sha256').update(name, 'utf8').digest('hex').slice(0, HASH_LENGTH)
  const room = MAX_NAME_BYTES - `postern_$${hash}_${role}`.length
  return `postern_${name.replace(/[^a-z0-9_]/g, '_').slice(0, room)}$${hash}_${role}`
}
