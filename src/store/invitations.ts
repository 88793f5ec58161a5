// Invitations: a link that lets one person in, once, for a time. Stored is the SHA-256 of its secret.

import type { EpochMs } from '../auth/account.js'
import type { OrgRole } from './accounts.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import { lockChanges, type Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

export interface Invitation {
  readonly id: string
  readonly email: string
  readonly orgRole: OrgRole
  readonly state: 'pending' | 'accepted' | 'expired' | 'revoked'
  /** null: Postern itself, for the first admin. */
  readonly invitedBy: string | null
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly acceptedAt: EpochMs | null
  readonly revokedAt: EpochMs | null
}

export interface NewInvitation {
  /** In lower case. */
  readonly email: string
  readonly orgRole: OrgRole
  readonly secretHash: Buffer
  readonly expiresInMs: number
  readonly invitedBy: string | null
}

/** Makes an invitation, in place of the open one for the same address. It is for the caller to decide whether a person who
 * has an account already may get one: accepting it then sets their password.
 * @throws StoreError `invalid` for what is no e-mail address */
export async function createInvitation(tx: Transaction, invitation: NewInvitation): Promise<Invitation> {
  const { email, orgRole, secretHash, expiresInMs, invitedBy } = invitation
  await lockChanges(tx)
  await revokeOpenInvitation(tx, email)
  const [made] = await tx.run<Invitation>(
    'invite a person',
    `insert into postern.invitations as i (email, org_role, secret_hash, invited_by, expires_at)
     values ($1, $2, $3, $4, now() + $5::double precision * interval '1 ms') returning ${INVITATION_SQL}`,
    [email, orgRole, secretHash, invitedBy, expiresInMs],
  )
  return found(made, 'invite a person')
}

/** Takes back the open invitation for an address, if there is one. */
export async function revokeOpenInvitation(tx: Transaction, email: string): Promise<void> {
  await tx.run(
    'replace an invitation',
    `update postern.invitations set revoked_at = now()
     where email = $1 and accepted_at is null and revoked_at is null`,
    [email],
  )
}

/** Lists invitations, the newest first, those that are over too. */
export async function listInvitations(db: Executor, request: PageRequest): Promise<Page<Invitation>> {
  const [createdAt, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<Invitation & { place: string }>(
    'list invitations',
    `select ${INVITATION_SQL}, i.created_at::text as place from postern.invitations i
     where $1::text is null or (i.created_at, i.id) < ($1::timestamptz, $2::uuid)
     order by i.created_at desc, i.id desc limit $3`,
    [createdAt, id, request.limit + 1],
  )
  const page = toPage(rows, request.limit, row => [row.place, row.id])
  return { items: page.items.map(({ place: _place, ...invitation }) => invitation), next: page.next }
}

/** @throws StoreError `not_found` */
export async function getInvitation(db: Executor, id: string): Promise<Invitation> {
  if (!isUuid(id)) throw new StoreError('not_found', 'get an invitation')
  const [row] = await db.run<Invitation>(
    'get an invitation',
    `select ${INVITATION_SQL} from postern.invitations i where i.id = $1`,
    [id],
  )
  return found(row, 'get an invitation')
}

/** Finds the invitation of a secret if it can still be accepted, or null. */
export async function findOpenInvitation(db: Executor, secretHash: Buffer): Promise<Invitation | null> {
  const [row] = await db.run<Invitation>(
    'find an invitation',
    `select ${INVITATION_SQL} from postern.invitations i where i.secret_hash = $1 and ${OPEN_SQL}`,
    [secretHash],
  )
  return row ?? null
}

/** Takes an invitation: once, whoever else tries at the same moment.
 * @throws StoreError `not_found` when it is not open any more */
export async function acceptInvitation(tx: Transaction, id: string): Promise<Invitation> {
  await lockChanges(tx)
  const [row] = await tx.run<Invitation>(
    'accept an invitation',
    `update postern.invitations i set accepted_at = now() where i.id = $1 and ${OPEN_SQL} returning ${INVITATION_SQL}`,
    [id],
  )
  return found(row, 'accept an invitation')
}

/** Takes an invitation back; an expired one too. Again changes nothing.
 * @throws StoreError `not_found`, also when it was accepted */
export async function revokeInvitation(db: Executor, id: string): Promise<Invitation> {
  if (!isUuid(id)) throw new StoreError('not_found', 'revoke an invitation')
  const [row] = await db.run<Invitation>(
    'revoke an invitation',
    `update postern.invitations i set revoked_at = coalesce(revoked_at, now())
     where i.id = $1 and i.accepted_at is null returning ${INVITATION_SQL}`,
    [id],
  )
  return found(row, 'revoke an invitation')
}

const OPEN_SQL = '(i.accepted_at is null and i.revoked_at is null and i.expires_at > now())'

const INVITATION_SQL = `i.id, i.email, i.org_role as "orgRole",
  case when i.accepted_at is not null then 'accepted' when i.revoked_at is not null then 'revoked'
    when i.expires_at <= now() then 'expired' else 'pending' end as state,
  (select a.name from postern.accounts a where a.id = i.invited_by) as "invitedBy",
  postern.epoch_ms(i.created_at) as "createdAt", postern.epoch_ms(i.expires_at) as "expiresAt",
  postern.epoch_ms(i.accepted_at) as "acceptedAt", postern.epoch_ms(i.revoked_at) as "revokedAt"`

function found(row: Invitation | undefined, doing: string): Invitation {
  if (!row) throw new StoreError('not_found', doing)
  return row
}
