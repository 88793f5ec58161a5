// Makes the three logins of a database on its server, and gives each what its role may do. Manual, "Predefined Roles".

import { randomBytes } from 'node:crypto'
import { grantConnect, grantCreate, grantOwner, grantPredefined, revokeOthers } from './grants.js'
import { watchForLostClients } from './lost-client.js'
import { LOGIN_ROLES, loginName, type LoginRole } from './login-names.js'
import { notesOn } from './notes.js'
import { ProvisionError, withRight } from './provision-error.js'
import { identifier, literal } from './quote.js'
import { type Access, type Run, runAs } from './run-as.js'
import { locateStore, type StoreIdentity } from './store-identity.js'
import { scramVerifier } from './verifier.js'

export interface ProvisionOptions {
  /** A superuser, or a role with CREATEROLE that may give what is needed. Used once, kept nowhere. */
  readonly admin: Access
  /** The name under which the database is registered; the logins are named for it. */
  readonly name: string
  /** Not to be provisioned: its logins would rule over Postern. */
  readonly store?: StoreIdentity
  /** Makes one password of printable ASCII. Default: 256 random bits. */
  readonly makePassword?: () => string
  readonly signal?: AbortSignal
}

export type Logins = Readonly<Record<LoginRole, { readonly user: string; readonly password: string }>>

export interface Provisioned {
  readonly logins: Logins
  /** What an admin should know, each a sentence: what could not be given, what is open to all. */
  readonly notes: readonly string[]
}

/** What decides how to grant. */
export interface Facts {
  /** `server_version_num`: 150020 is 15.20. */
  readonly version: number
  readonly admin: string
  readonly dbname: string
  readonly owner: string
  readonly ownerIsSuperuser: boolean
  /** Whether the owner may make roles or databases, replicate or bypass row security. */
  readonly ownerIsPowerful: boolean
}

/** pg_read_all_data and pg_write_all_data came with 14. */
const MIN_VERSION = 140_000

// Any number: two provisionings of one database wait for each other instead of failing half-way.
const LOCK = 7_076_837_382

/**
 * Makes the logins, or brings them back to what they should be, with new passwords, in one transaction: it happens as a
 * whole or not at all. Passwords reach the server as SCRAM verifiers only.
 * @throws ProvisionError when the server is too old, the admin lacks a right, or the database is Postern's store
 * @throws UpstreamError, QueryError
 */
export async function provision({ admin, name, store, makePassword, signal }: ProvisionOptions): Promise<Provisioned> {
  const login = (role: LoginRole) => ({ user: loginName(name, role), password: (makePassword ?? randomPassword)() })
  const logins: Logins = { reader: login('reader'), writer: login('writer'), admin: login('admin') }
  const work = async ({ run }: { run: Run }): Promise<Provisioned> => {
    const facts = await readFacts(run)
    if (store && (await locateStore(run, store)) === 'this-database') {
      throw new ProvisionError('is_store', `${facts.dbname} is the database of Postern's own store`)
    }
    await run(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK})`)
    for (const role of LOGIN_ROLES) await ensureLogin(run, facts, { ...logins[role], comment: `${role} of ${name}` })
    const notes = await grantAll(run, facts, logins)
    await run('COMMIT')
    return { logins, notes }
  }
  return runAs(admin, work, signal)
}

async function readFacts(run: Run): Promise<Facts> {
  const [row = {}] = await run(`
    SELECT current_setting('server_version_num') AS version, current_user AS admin, d.datname AS dbname,
           o.rolname AS owner, o.rolsuper AS owner_super, me.rolsuper OR me.rolcreaterole AS may_create_roles,
           o.rolcreaterole OR o.rolcreatedb OR o.rolreplication OR o.rolbypassrls AS owner_powerful
      FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba, pg_roles me
     WHERE d.datname = current_database() AND me.rolname = current_user`)
  const admin = row['admin'] ?? ''
  const version = Number(row['version'])
  if (version < MIN_VERSION) {
    throw new ProvisionError(
      'server_too_old',
      'provisioning needs PostgreSQL 14: older servers have no pg_read_all_data. ' +
        'Make the three logins by hand, and register the database with their URLs',
    )
  }
  if (row['may_create_roles'] !== 't') {
    throw new ProvisionError('missing_right', `${admin} may not make roles: ALTER ROLE ${identifier(admin)} CREATEROLE`)
  }
  return {
    version,
    admin,
    dbname: row['dbname'] ?? '',
    owner: row['owner'] ?? '',
    ownerIsSuperuser: row['owner_super'] === 't',
    ownerIsPowerful: row['owner_powerful'] === 't',
  }
}

interface NewLogin {
  readonly user: string
  readonly password: string
  readonly comment: string
}

async function ensureLogin(run: Run, { admin }: Facts, { user, password, comment }: NewLogin): Promise<void> {
  const [known] = await run(`
    SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolvaliduntil
      FROM pg_roles WHERE rolname = ${literal(user)}`)
  // Only what differs is set: to name an attribute at all takes the right to give it.
  const resets = Object.entries(RESETS).filter(([column]) => known?.[column] != null && known[column] !== 'f')
  const verb = known === undefined ? 'CREATE' : 'ALTER'
  const options = [
    'LOGIN INHERIT',
    ...resets.map(([, reset]) => reset),
    `PASSWORD ${literal(await scramVerifier(password))}`,
  ]
  const hint = `${admin} needs CREATEROLE and ADMIN OPTION on ${user}, or must be a superuser`
  await withRight(hint, async () => {
    await run(`${verb} ROLE ${identifier(user)} ${options.join(' ')}`)
    await run(`COMMENT ON ROLE ${identifier(user)} IS ${literal(`Postern: ${comment}`)}`)
  })
}

const RESETS: Readonly<Record<string, string>> = {
  rolsuper: 'NOSUPERUSER',
  rolcreatedb: 'NOCREATEDB',
  rolcreaterole: 'NOCREATEROLE',
  rolreplication: 'NOREPLICATION',
  rolbypassrls: 'NOBYPASSRLS',
  rolvaliduntil: `VALID UNTIL 'infinity'`,
}

async function grantAll(run: Run, facts: Facts, logins: Logins): Promise<string[]> {
  const { reader, writer, admin } = logins
  const all = [reader.user, writer.user, admin.user]
  await grantConnect(run, facts, all)
  await grantPredefined(run, facts, 'pg_read_all_data', all)
  await grantPredefined(run, facts, 'pg_write_all_data', [writer.user, admin.user])
  const obstacle = await grantOwner(run, facts, admin.user)
  const notes = obstacle === null ? [] : await grantCreate(run, facts, admin.user, obstacle)
  notes.push(...(await watchForLostClients(run, all)))

  const read = ['pg_read_all_data']
  const write = [...read, 'pg_write_all_data']
  await revokeOthers(run, facts, reader.user, read)
  await revokeOthers(run, facts, writer.user, write)
  await revokeOthers(run, facts, admin.user, obstacle === null ? [...write, facts.owner] : write)
  return [...notes, ...(await notesOn(run))]
}

function randomPassword(): string {
  return randomBytes(32).toString('base64url')
}
