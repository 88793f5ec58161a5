// People who are signed in to the console. Stored is the SHA-256 of a cookie's 32 random bytes, never the cookie.

import type { EpochMs } from '../auth/account.js'
import { redactOrNull } from '../model/redact.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

export interface ConsoleSession {
  readonly id: string
  readonly accountId: string
  readonly createdAt: EpochMs
  /** To the minute: it is not written at every request. */
  readonly lastSeenAt: EpochMs
  /** The absolute limit. */
  readonly expiresAt: EpochMs
  readonly address: string | null
  readonly userAgent: string | null
}

export interface NewConsoleSession {
  readonly accountId: string
  readonly secretHash: Buffer
  readonly maxAgeMs: number
  readonly address: string | null
  readonly userAgent: string | null
}

/** Sessions of one person at a time; the oldest ends for one more. */
const MAX_SESSIONS = 50
const MAX_TEXT = 300

/** Signs a person in.
 * @throws StoreError `not_found` when the account is no active person */
export async function createConsoleSession(db: Executor, session: NewConsoleSession): Promise<ConsoleSession> {
  const { accountId, secretHash, maxAgeMs } = session
  const [userAgent, address] = [session.userAgent, session.address].map(storable)
  const [made] = await db.run<ConsoleSession>(
    'sign in',
    `insert into postern.console_sessions as s (account_id, secret_hash, expires_at, address, user_agent)
     select id, $2, now() + $3::double precision * interval '1 ms', $4, $5 from postern.accounts
     where id = $1 and kind = 'personal' and disabled_at is null and deleted_at is null returning ${SESSION_SQL}`,
    [accountId, secretHash, maxAgeMs, address, userAgent],
  )
  if (!made) throw new StoreError('not_found', 'sign in')
  await db.run(
    'end the oldest console sessions',
    `update postern.console_sessions set revoked_at = now() where id in (
       select id from postern.console_sessions where account_id = $1 and revoked_at is null
       order by created_at desc, id offset $2)`,
    [accountId, MAX_SESSIONS],
  )
  return made
}

/** Finds the session of a cookie, and notes once a minute that it was seen. null: there is none, or it was ended, or a
 * limit is over, or its person is not active. */
export async function findConsoleSession(
  db: Executor,
  secretHash: Buffer,
  idleMs: number,
): Promise<Pick<ConsoleSession, 'id' | 'accountId'> | null> {
  const [row] = await db.run<Pick<ConsoleSession, 'id' | 'accountId'>>(
    'find a console session',
    `with found as (
       select s.id, s.account_id, s.last_seen_at from postern.console_sessions s
         join postern.accounts a on a.id = s.account_id and a.disabled_at is null and a.deleted_at is null
       where s.secret_hash = $1 and ${liveSql('$2')}
     ), seen as (
       update postern.console_sessions s set last_seen_at = now() from found
       where s.id = found.id and found.last_seen_at < now() - interval '1 minute'
     )
     select id, account_id as "accountId" from found`,
    [secretHash, idleMs],
  )
  return row ?? null
}

/** Lists where a person is signed in, the newest first. As many as there may be at a time. */
export async function listConsoleSessions(db: Executor, accountId: string, idleMs: number): Promise<ConsoleSession[]> {
  if (!isUuid(accountId)) return []
  return db.run<ConsoleSession>(
    'list console sessions',
    `select ${SESSION_SQL} from postern.console_sessions s where s.account_id = $1 and ${liveSql('$2')}
     order by s.created_at desc, s.id limit $3`,
    [accountId, idleMs, MAX_SESSIONS],
  )
}

/** Ends the session of a cookie. Returns its id, or null when there is none that could be ended. */
export async function endConsoleSession(db: Executor, secretHash: Buffer): Promise<string | null> {
  const [row] = await db.run<{ id: string }>(
    'sign out',
    'update postern.console_sessions set revoked_at = now() where secret_hash = $1 and revoked_at is null returning id',
    [secretHash],
  )
  return row?.id ?? null
}

/** Ends every session of a person. Returns how many were live, or idle for too long. */
export async function endConsoleSessions(db: Executor, accountId: string): Promise<number> {
  if (!isUuid(accountId)) return 0
  const rows = await db.run(
    'sign out everywhere',
    `update postern.console_sessions set revoked_at = now()
     where account_id = $1 and revoked_at is null and expires_at > now() returning id`,
    [accountId],
  )
  return rows.length
}

/** Deletes sessions that have been over for a day: the audit log has what is to be kept of them. */
export async function pruneConsoleSessions(db: Executor): Promise<void> {
  await db.run(
    'prune console sessions',
    "delete from postern.console_sessions where least(expires_at, revoked_at) < now() - interval '1 day'",
  )
}

/** Made fit to be stored: the client chose it. Redacted after what could put a token together again, and before the cut. */
function storable(text: string | null): string | null {
  return redactOrNull(text?.replaceAll('\0', '') ?? null)?.slice(0, MAX_TEXT) ?? null
}

function liveSql(idleMs: string): string {
  return `s.revoked_at is null and s.expires_at > now()
    and s.last_seen_at > now() - ${idleMs}::double precision * interval '1 ms'`
}

const SESSION_SQL = `s.id, s.account_id as "accountId", postern.epoch_ms(s.created_at) as "createdAt",
  postern.epoch_ms(s.last_seen_at) as "lastSeenAt", postern.epoch_ms(s.expires_at) as "expiresAt", s.address,
  s.user_agent as "userAgent"`
