// What an admin should know about a server on which logins have just been provisioned, and could mend there.

import { identifier } from './quote.js'
import type { Run } from './run-as.js'

/** Names that a note lists at the most. */
const MAX_NAMES = 5

/** Returns a sentence for each thing that lets the three logins do more than their roles are meant to. */
export async function notesOn(run: Run): Promise<string[]> {
  return [...(await openSchemas(run)), ...(await weakHashes(run))]
}

// Until 14 everybody could create tables in `public`, and databases that were upgraded keep that.
async function openSchemas(run: Run): Promise<string[]> {
  const rows = await run(`
    SELECT nspname FROM pg_namespace, LATERAL aclexplode(nspacl) acl
     WHERE acl.grantee = 0 AND acl.privilege_type = 'CREATE' AND nspname !~ '^pg_'`)
  return rows.map(({ nspname }) => {
    const schema = identifier(nspname ?? '')
    return `Everybody, the reader too, may create tables in schema ${schema}: REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC ends that.`
  })
}

// pg_read_all_data reads the system catalogs too, pg_authid among them. A SCRAM verifier there logs nobody in; an md5
// hash is as good as the password (manual, "Password Authentication").
async function weakHashes(run: Run): Promise<string[]> {
  const [may] = await run(`SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS read`)
  if (may?.['read'] !== 't') return []
  const rows = await run(`SELECT rolname FROM pg_catalog.pg_authid WHERE rolpassword LIKE 'md5%' ORDER BY 1`)
  if (rows.length === 0) return []
  const names = rows.slice(0, MAX_NAMES).map(({ rolname }) => identifier(rolname ?? ''))
  const more = rows.length > MAX_NAMES ? ` and ${rows.length - MAX_NAMES} more` : ''
  return [
    `All three logins can read the password hashes of the server, as pg_read_all_data does. Those of ${names.join(', ')}${more} ` +
      'are md5, which is as good as the password: set password_encryption to scram-sha-256 and give them new ones.',
  ]
}
