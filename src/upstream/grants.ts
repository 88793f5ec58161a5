// What each login is given and what is taken back from it. Manual, GRANT and "Role Membership".
//
// GRANT on an object by somebody who may not give it only warns, so those grants are checked afterwards.

import { lacksRight, ProvisionError, withRight } from './provision-error.js'
import type { Facts } from './provision.js'
import { identifier, literal } from './quote.js'
import type { Run } from './run-as.js'

/** From here on a membership says whether its rights are inherited and whether SET ROLE is allowed. */
const VERSION_16 = 160_000

/** Lets the users connect: a database may have taken that right from PUBLIC. */
export async function grantConnect(run: Run, { admin, dbname }: Facts, users: readonly string[]): Promise<void> {
  await run(`GRANT CONNECT ON DATABASE ${identifier(dbname)} TO ${list(users)}`)
  for (const user of users) {
    if (await has(run, `has_database_privilege(${literal(user)}, current_database(), 'CONNECT')`)) continue
    throw new ProvisionError(
      'missing_right',
      `${admin} may not let others connect to ${dbname}: run this as its owner, or GRANT CONNECT ON DATABASE ` +
        `${identifier(dbname)} TO ${identifier(admin)} WITH GRANT OPTION`,
    )
  }
}

/** Gives the rights of a predefined role, without the right to become it. */
export async function grantPredefined(run: Run, facts: Facts, role: string, users: readonly string[]): Promise<void> {
  const options = facts.version >= VERSION_16 ? ' WITH INHERIT TRUE, SET FALSE' : ''
  const hint = `as a superuser, GRANT pg_read_all_data, pg_write_all_data TO ${identifier(facts.admin)} WITH ADMIN OPTION`
  await withRight(hint, () => run(`GRANT ${role} TO ${list(users)}${options}`))
}

/**
 * Gives the rights of the database's owner; with SET ROLE, so that what the login makes can be made the owner's.
 * Returns null, or why that can't be done, as a sentence.
 */
export async function grantOwner(run: Run, facts: Facts, user: string): Promise<string | null> {
  const { owner, version } = facts
  if (facts.ownerIsSuperuser) return `The database's owner, ${owner}, is a superuser.`
  // Attributes are not inherited, but come with SET ROLE, which can be withheld from 16 on.
  if (facts.ownerIsPowerful && version < VERSION_16) {
    return `The database's owner, ${owner}, has attributes that the admin login must not get.`
  }
  const options = version >= VERSION_16 ? ` WITH INHERIT TRUE, SET ${facts.ownerIsPowerful ? 'FALSE' : 'TRUE'}` : ''
  await run('SAVEPOINT owner')
  try {
    await run(`GRANT ${identifier(owner)} TO ${identifier(user)}${options}`)
    return null
  } catch (error) {
    if (!lacksRight(error)) throw error
    await run('ROLLBACK TO SAVEPOINT owner')
    return `${facts.admin} may not make others members of the database's owner, ${owner}.`
  }
}

/** Gives CREATE on the database and its schemas in place of the owner's rights. Returns notes. */
export async function grantCreate(run: Run, facts: Facts, user: string, why: string): Promise<string[]> {
  const { admin, dbname } = facts
  await run(`GRANT CREATE ON DATABASE ${identifier(dbname)} TO ${identifier(user)}`)
  if (!(await has(run, `has_database_privilege(${literal(user)}, current_database(), 'CREATE')`))) {
    throw new ProvisionError(
      'missing_right',
      `${why} Nor may ${admin} give CREATE on ${dbname}: run this as its owner or as a superuser`,
    )
  }
  const notes = [`${why} The admin login has CREATE on the database and its schemas instead of the owner's rights.`]
  const schemas = await run(
    `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  )
  for (const { nspname } of schemas) {
    const schema = nspname ?? ''
    await run(`GRANT USAGE, CREATE ON SCHEMA ${identifier(schema)} TO ${identifier(user)}`)
    if (await has(run, `has_schema_privilege(${literal(user)}, ${literal(schema)}, 'CREATE')`)) continue
    notes.push(`${admin} may not give CREATE on schema ${schema}: the admin login can not make tables there.`)
  }
  return notes
}

/** Ends every membership of a login that is not expected. */
export async function revokeOthers(run: Run, facts: Facts, user: string, expected: readonly string[]): Promise<void> {
  const memberships = await run(`
    SELECT g.rolname AS role, by.rolname AS grantor
      FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles me ON me.oid = m.member
      LEFT JOIN pg_roles by ON by.oid = m.grantor
     WHERE me.rolname = ${literal(user)}`)
  for (const { role, grantor } of memberships) {
    if (role == null || expected.includes(role)) continue
    // From 16 on a role may be granted by several, and REVOKE takes back one grantor's grant.
    const by = facts.version >= VERSION_16 && grantor != null ? ` GRANTED BY ${identifier(grantor)}` : ''
    const hint = `take ${role} back from ${user} as a superuser`
    await withRight(hint, () => run(`REVOKE ${identifier(role)} FROM ${identifier(user)}${by}`))
  }
}

async function has(run: Run, condition: string): Promise<boolean> {
  const [row] = await run(`SELECT ${condition} AS has`)
  return row?.['has'] === 't'
}

function list(users: readonly string[]): string {
  return users.map(identifier).join(', ')
}
