// Shows what the three logins of a database can and can't do, by logging in as each and trying. Nothing is changed.

import { attributes, become, create, memberships, read, write } from './checks.js'
import { LOGIN_ROLES, type LoginRole } from './login-names.js'
import type { Logins } from './provision.js'
import { databases, network, store } from './reach-checks.js'
import { type Run, runAs, type Session } from './run-as.js'
import { locateStore, type StoreIdentity } from './store-identity.js'
import type { Target } from './target.js'
import { UpstreamError } from './upstream-error.js'

export type Check =
  /** The server accepts the login. */
  | 'login'
  /** Neither SUPERUSER nor CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS. */
  | 'attributes'
  /** Member of no role that gives more than the login's role should have. */
  | 'memberships'
  /** Tables can be read. */
  | 'read'
  /** Rows can be changed by writer and admin, and by the reader nowhere. */
  | 'write'
  /** Objects can be created by the admin, and by the others nowhere. Temporary tables don't count. */
  | 'create'
  /** SET ROLE and SET SESSION AUTHORIZATION lead to none of the other logins. */
  | 'become'
  /** Postern's own store cannot be entered, and is not this database. */
  | 'store'
  /** Which other databases of the server can be entered. Holds in any case. */
  | 'databases'
  /** What connects to other servers from this one: dblink, foreign-data wrappers and tables. Holds in any case. */
  | 'network'

export interface Finding {
  readonly role: LoginRole
  readonly check: Check
  readonly ok: boolean
  /** What was seen, and if need be what to do: words for an admin. */
  readonly detail: string
  /** What ends it, such as SQL, where there is something to end. */
  readonly hint: string | null
}

export interface Proof {
  /** Whether every finding is. */
  readonly ok: boolean
  readonly server: { readonly version: string }
  readonly findings: readonly Finding[]
  /** The database is Postern's own store. */
  readonly isStore: boolean
}

export interface ProveOptions {
  readonly target: Target
  readonly dbname: string
  readonly logins: Logins
  /** Postern's own store, which no login may enter. Without it, that is not checked. */
  readonly store?: StoreIdentity | null
  readonly signal?: AbortSignal
}

/** What a check is told. */
export interface Subject {
  readonly role: LoginRole
  readonly run: Run
  /** The user names of the other two logins. */
  readonly others: readonly string[]
  readonly store: StoreIdentity | null
}

/**
 * Proves the logins, given or provisioned: privileges are asked of the catalog, and the main ones tried out, in a
 * transaction that is rolled back. What SECURITY DEFINER functions and row security do it can't tell.
 * @throws UpstreamError when the server can't be reached; a login that is refused is a finding
 */
export async function prove({ target, dbname, logins, store = null, signal }: ProveOptions): Promise<Proof> {
  const findings: Finding[] = []
  let version = 'unknown'
  let isStore = false
  for (const role of LOGIN_ROLES) {
    const others = LOGIN_ROLES.filter(other => other !== role).map(other => logins[other].user)
    try {
      const work = async ({ run, serverVersion }: Session) => {
        version = serverVersion
        isStore ||= store !== null && (await locateStore(run, store)) === 'this-database'
        findings.push({ role, check: 'login', ok: true, detail: `logged in as ${logins[role].user}`, hint: null })
        findings.push(...(await examine({ role, run, others, store })))
      }
      await runAs({ target, dbname, ...logins[role] }, work, signal)
    } catch (error) {
      if (!isRefusal(error)) throw error
      findings.push({ role, check: 'login', ok: false, detail: `${logins[role].user}: ${error.message}`, hint: null })
    }
  }
  return { ok: findings.every(({ ok }) => ok), server: { version }, findings, isStore }
}

async function examine(subject: Subject): Promise<Finding[]> {
  const findings: Finding[] = []
  await subject.run('BEGIN')
  for (const [check, look] of Object.entries(CHECKS)) {
    findings.push({ role: subject.role, check: check as keyof typeof CHECKS, ...(await look(subject)) })
  }
  await subject.run('ROLLBACK')
  return findings
}

const CHECKS = { attributes, memberships, read, write, create, become, store, databases, network }

// The server itself spoke: it refuses this login, or refuses it this database.
function isRefusal(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && (error.kind === 'login_refused' || error.sqlstate === '42501')
}
