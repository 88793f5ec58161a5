// May this account use that database, as what, and why: the answer of the functions that decide at the proxy.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { isStranded, type Reach } from '../../auth/policy.js'
import { AccountRecords } from '../../store/account-records.js'
import { isNameOfDeleted } from '../../store/accounts.js'
import { getDatabaseByName, type Database } from '../../store/databases.js'
import type { Executor } from '../../store/pool.js'
import { StoreError } from '../../store/store-error.js'
import { findAccount } from '../access.js'
import { Because, showRule } from '../resources/reach.js'
import { choice, nullable, NullableRole } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

/** What stands in the way, in words. */
const REASONS = {
  unknown_account: 'There is no account of this name.',
  deleted: 'The account was deleted.',
  disabled: 'The account is disabled.',
  no_active_key: 'The account has no active key: each is revoked or expired, or none was made.',
  database_unknown: 'No database is registered under this name.',
  not_granted: 'The account has no role on the database, or there is no such database.',
  databases_removed:
    'The account reaches no database: its databases were removed, and a pinned account cannot be edited.',
  address: 'The account may not log in from this address.',
  maker_inactive: 'The maker of the account is disabled or deleted, and its reach is that of its maker at most.',
  maker_lost_it: 'The maker of the account has no role on the database any more.',
} as const
type Reason = keyof typeof REASONS

const ExplainQuery = Type.Object(
  {
    account: Type.String({ minLength: 1, maxLength: 254, description: "The account's name." }),
    database: Type.String({ minLength: 1, maxLength: 254, description: "The database's name." }),
    address: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Where the client is. Left out: wherever it may be.' }),
    ),
  },
  { additionalProperties: false },
)

const ExplanationSchema = Type.Object(
  {
    account: Type.String(),
    database: Type.String(),
    allowed: Type.Boolean(),
    role: NullableRole,
    allow_from: nullable(
      Type.Array(Type.String(), { description: 'The networks that the account may log in from. null: from anywhere.' }),
    ),
    because: Type.Optional(Because),
    login: Type.Optional(Type.String({ description: 'The LOGIN role on the server; admins and viewers see it.' })),
    reason: nullable(choice(Object.keys(REASONS) as Reason[], { description: 'What stands in the way.' })),
    detail: Type.String({ description: 'The same in words.' }),
  },
  { title: 'Explanation', description: '`role` and `because` are there when it is allowed, `reason` when it is not.' },
)

export function explainRoutes(app: Api, { store, explainLogin }: ApiParts): void {
  app.get(
    '/explain',
    {
      config: { permission: 'account', problems: ['account_not_found'] },
      schema: {
        operationId: 'explain',
        tags: ['explain'],
        summary: 'Explain whether an account may use a database',
        description: 'For your own account and those that you manage; admins and viewers ask about any.',
        querystring: ExplainQuery,
        response: { 200: ExplanationSchema },
      },
    },
    async ({ caller, query }) => {
      const { seesAll } = caller
      if (!seesAll) await findAccount(store, caller, query.account, 'see')
      const loaded = await new AccountRecords(store).loadAccount(query.account)
      const { account, database, address = null } = query
      // Before all else: a key, or being enabled, would not help it.
      const decision =
        loaded.value && isStranded(loaded.value) ? 'databases_removed' : explainLogin(loaded, { database, address })
      const asked = { account, database, allow_from: loaded.value?.allowFrom?.slice() ?? null }
      if (typeof decision !== 'string') return allowed(asked, decision, seesAll ? await find(store, query) : null)
      return denied(asked, seesAll ? await precisely(store, decision, query) : decision)
    },
  )
}

type Explanation = Static<typeof ExplanationSchema>
type Asked = Pick<Explanation, 'account' | 'database' | 'allow_from'>

function allowed(asked: Asked, { role, because }: Reach, database: Database | null): Explanation {
  const login = database?.users[role]
  const detail = `${asked.account} logs in to ${asked.database} as ${role}.`
  return { ...asked, allowed: true, role, because: showRule(because), ...(login && { login }), reason: null, detail }
}

function denied(asked: Asked, reason: Reason): Explanation {
  return { ...asked, allowed: false, role: null, reason, detail: REASONS[reason] }
}

type Named = Pick<Asked, 'account' | 'database'>

/** Tells apart what only those may know who see the whole organization. */
async function precisely(db: Executor, reason: Reason, asked: Named): Promise<Reason> {
  if (reason === 'unknown_account' && (await isNameOfDeleted(db, asked.account))) return 'deleted'
  if (reason === 'not_granted' && !(await find(db, asked))) return 'database_unknown'
  return reason
}

async function find(db: Executor, { database }: Pick<Named, 'database'>): Promise<Database | null> {
  try {
    return await getDatabaseByName(db, database)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'not_found') return null
    throw error
  }
}
