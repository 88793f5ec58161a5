// What to do about a no of the API, in words of the command line: the API's own hints speak of routes and fields.

import type { ApiError } from '../sdk/client.js'

type Hint = string | ((problem: NonNullable<ApiError['problem']>) => string)

const HINTS: { readonly [Code in ApiError['code']]?: Hint } = {
  login_needed: 'run postern login, or set POSTERN_API_KEY',
  role_above_cap: ({ cap, database }) =>
    cap ? `choose --role ${cap}, or leave out ${database}` : `leave out ${database}`,
  groups_scope_needs_admin: 'ask an admin, or make a pinned one: --role and --database',
  database_not_found: 'postern database list shows those that you can reach',
  account_not_found: 'postern account list shows those that you can manage',
  key_not_found: 'postern key list ACCOUNT shows the keys of an account',
  key_not_active: 'postern key list ACCOUNT shows the key that took its place; or make a new one',
  key_limit_reached: 'revoke a key that is no longer used: LAST USED of postern key list tells which',
  grant_not_found: 'see postern database grant list, and postern group grant list',
  group_not_found: 'postern group list shows the groups',
  member_not_found: 'postern group member list shows who is in it',
  needs_group: 'put it into another group first, with postern group member add, or delete it',
  scope_immutable: 'delete it and make another one, or make one with --group',
  changed_meanwhile: 'look at what is there now, and run the command again',
  user_not_found: 'postern user list shows the people, postern user invitations those who have not accepted yet',
  user_deactivated: 'activate the person first, with postern user activate',
  user_exists: 'see postern user show; postern user activate and user edit change what they may do',
  invitation_not_found: 'postern user invitations shows the open ones',
  owns_service_accounts: problem => `give --delete-accounts or --transfer-to EMAIL for ${listed(problem)}`,
  session_not_found: 'it may have ended: postern session list shows those that live',
  login_block_not_found: 'it may be over: postern login-block list shows those there are',
  internal_error: ({ instance }) => `give ${instance} to an admin: the log has the details`,
  too_many_requests: 'wait a minute, and try again',
}

/** Gives the hint for a no of the API; empty when neither this command nor the API has one. */
export function hintFor({ code, problem, hint }: ApiError): string {
  const own = HINTS[code]
  if (own === undefined || problem === null) return hint
  return typeof own === 'string' ? own : own(problem)
}

const MAX_LISTED = 3

function listed({ service_accounts: names = [], total = names.length }: NonNullable<ApiError['problem']>): string {
  const shown = names.slice(0, MAX_LISTED)
  return shown.join(', ') + (total > shown.length ? ` and ${total - shown.length} more` : '')
}
