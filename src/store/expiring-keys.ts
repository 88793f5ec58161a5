// The keys that will expire soon, of all accounts that one may see.

import { KEY_SQL, type ApiKey } from './api-key.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'

export interface ExpiringKeys {
  /** Only those of this account and of the machines that it made. */
  readonly managedBy?: string | undefined
  readonly withinDays: number
}

/** A key with the name of its account. */
export type NamedKey = ApiKey & { readonly account: string }

/** Lists active keys of accounts that are not deleted which expire within some days, the first to expire first. */
export async function listExpiringKeys(
  db: Executor,
  { managedBy, withinDays }: ExpiringKeys,
  request: PageRequest,
): Promise<Page<NamedKey>> {
  const [expiresAt, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<NamedKey & { readonly place: string }>(
    'list expiring keys',
    `select ${KEY_SQL}, o.name as account, k.expires_at::text as place
     from postern.api_keys k join postern.accounts o on o.id = k.account_id
     where o.deleted_at is null and k.revoked_at is null and k.expires_at > now()
       and k.expires_at <= now() + $1 * interval '1 day'
       and ($2::uuid is null or o.id = $2 or o.maker_id = $2)
       and ($3::timestamptz is null or (k.expires_at, k.id) > ($3, $4))
     order by k.expires_at, k.id limit $5`,
    [withinDays, managedBy, expiresAt, id, request.limit + 1],
  )
  const page = toPage(rows, request.limit, row => [row.place, row.id])
  return { items: page.items.map(({ place: _place, ...key }) => key), next: page.next }
}
