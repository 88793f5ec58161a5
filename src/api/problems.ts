// The one table of problems: every way the API says no, as RFC 9457 problem details with a stable code.

interface ProblemRule {
  readonly status: number
  /** What went wrong, the same for every occurrence. */
  readonly title: string
  /** What the caller can do about it. */
  readonly hint: string
}

export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'The request has mistakes',
    hint: 'Correct the fields named in `errors`.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    hint: 'Send a JSON object with Content-Type: application/json.',
  },
  malformed_url: {
    status: 400,
    title: 'The URL can not be read',
    hint: 'Percent-encode names in the path: owner/shop becomes owner%2Fshop.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not HTTP/1.1',
    hint: 'Check that the client speaks HTTP to this port, with TLS if the API has a certificate.',
  },
  bad_cursor: {
    status: 400,
    title: 'The cursor is not one that this list gave',
    hint: 'Start again without a cursor, then pass `next_cursor` unchanged.',
  },
  malformed_token: {
    status: 400,
    title: 'This is not a token',
    hint: 'Paste the whole token, from `pstn_` to its end. Nothing was revoked.',
  },
  bad_database_url: {
    status: 400,
    title: "The database's URL can not be used",
    hint: 'Give postgres://user:password@host:port/dbname, with sslmode if need be.',
  },
  login_needed: {
    status: 401,
    title: 'A token is needed',
    hint: 'Send it as `Authorization: Bearer TOKEN` or `Authorization: Key TOKEN`.',
  },
  credentials_rejected: {
    status: 401,
    title: 'The token was not accepted',
    hint: 'Use an active key of an active account, or ask an admin.',
  },
  login_refused: {
    status: 401,
    title: 'E-mail address and password do not let anybody in',
    hint: 'Type both again. If they are right, ask an admin: the audit log has the reason.',
  },
  invitation_refused: {
    status: 401,
    title: 'The link lets nobody in',
    hint: 'A link works once, and for a time. Ask an admin for a new one.',
  },
  session_ended: {
    status: 401,
    title: 'You are not signed in any more',
    hint: 'Sign in again.',
  },
  wrong_password: {
    status: 403,
    title: 'The current password is wrong',
    hint: 'Type it again. Who has forgotten it can ask an admin for a new link.',
  },
  csrf_token_rejected: {
    status: 403,
    title: 'The request does not bring the token of its session',
    hint: 'With the cookie, send `csrf_token` of /v1/me as the header `x-csrf-token`.',
  },
  foreign_origin: {
    status: 403,
    title: 'The request comes from a page of another site',
    hint: 'Call the API from its own pages, or with a token. Behind a proxy, set `api.public_url`.',
  },
  permission_denied: {
    status: 403,
    title: 'The account may not do this',
    hint: 'Ask an admin of the organization.',
  },
  groups_scope_needs_admin: {
    status: 403,
    title: 'Service accounts in groups are made by admins',
    hint: 'Ask an admin of the organization, or make a pinned one over databases that you reach.',
  },
  pinned_scope_needs_admin: {
    status: 403,
    title: 'Only admins make service accounts here',
    hint: 'Ask an admin of the organization: `service_accounts.pinned_makers` says who may.',
  },
  role_above_cap: {
    status: 403,
    title: 'The role is more than you have yourself',
    hint: 'Choose a role up to `cap`, or leave out `database`. A null `cap`: you can not use that database.',
  },
  route_not_found: {
    status: 404,
    title: 'There is nothing at this address',
    hint: 'The routes are listed at /docs and in /openapi.json.',
  },
  database_not_found: {
    status: 404,
    title: 'No such database, or you may not use it',
    hint: 'GET /v1/databases lists those that you can reach.',
  },
  account_not_found: {
    status: 404,
    title: 'No such account, or you may not manage it',
    hint: 'GET /v1/service-accounts lists those that you can manage.',
  },
  user_not_found: {
    status: 404,
    title: 'No such person, or you may not see them',
    hint: 'GET /v1/users lists the people of the organization.',
  },
  invitation_not_found: {
    status: 404,
    title: 'No such invitation, or it was accepted',
    hint: 'GET /v1/invitations lists the invitations.',
  },
  key_not_found: {
    status: 404,
    title: 'No such key, or you may not manage it',
    hint: 'GET /v1/accounts/{account}/keys lists the keys of an account.',
  },
  grant_not_found: {
    status: 404,
    title: 'There is no grant of its own on the database',
    hint: 'GET /v1/databases/{name}/grants lists the grants of people, GET /v1/groups/{group}/grants those of a group.',
  },
  group_not_found: {
    status: 404,
    title: 'No such group',
    hint: 'GET /v1/groups lists the groups.',
  },
  member_not_found: {
    status: 404,
    title: 'The account is not in the group',
    hint: 'GET /v1/groups/{group}/members lists who is in it.',
  },
  session_not_found: {
    status: 404,
    title: 'No such session, or you may not manage it',
    hint: 'It may have ended. GET /v1/sessions lists those that live.',
  },
  login_block_not_found: {
    status: 404,
    title: 'No such network is blocked',
    hint: 'Its block may be over. GET /v1/login-blocks lists those there are.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    hint: 'Send it again, without pauses.',
  },
  name_taken: {
    status: 409,
    title: 'The name is taken',
    hint: 'Choose another name. People and service accounts share one set of names; so do databases, and groups.',
  },
  key_limit_reached: {
    status: 409,
    title: 'The account has as many active keys as it may have',
    hint: 'Revoke a key that is no longer used, then create the new one.',
  },
  key_not_active: {
    status: 409,
    title: 'The key no longer works, or has been rotated',
    hint: 'GET the key: rotate its `successor`, or create a new key.',
  },
  no_access: {
    status: 409,
    title: 'The account has no role on the database',
    hint: 'Grant it a role, or choose a database that it can reach.',
  },
  needs_group: {
    status: 409,
    title: 'A service account would be left without a group',
    hint: 'Put it into another group first, or delete it.',
  },
  scope_immutable: {
    status: 409,
    title: 'A pinned service account is never edited, so that its scope can not grow',
    hint: 'Make another one and delete this one, or make one with the scope `groups`.',
  },
  not_a_person: {
    status: 409,
    title: 'Grants are for personal accounts',
    hint: 'The reach of a service account is its scope: make another one.',
  },
  request_under_way: {
    status: 409,
    title: 'The request with this Idempotency-Key is still being carried out',
    hint: 'Send it again, unchanged, in a few seconds.',
  },
  already_created: {
    status: 409,
    title: 'The request with this Idempotency-Key has been carried out, and its secret is not shown again',
    hint: 'If the secret was lost, revoke what `location` names and create another one, with a new Idempotency-Key.',
  },
  user_exists: {
    status: 409,
    title: 'A person with this e-mail address is in the organization already',
    hint: 'Activate them, change their role, or make a link for a new password.',
  },
  user_deactivated: {
    status: 409,
    title: 'The person is deactivated',
    hint: 'Activate them first.',
  },
  own_account: {
    status: 409,
    title: 'It is your own account',
    hint: 'Ask another admin.',
  },
  owns_service_accounts: {
    status: 409,
    title: 'The account has made pinned service accounts that live',
    hint: 'Delete them too with `pinned_accounts=delete`, or name who answers for them with `transfer_to=EMAIL`.',
  },
  bad_new_maker: {
    status: 409,
    title: 'The service accounts can not be transferred to that person',
    hint: 'Name another active member or admin.',
  },
  last_admin: {
    status: 409,
    title: 'It is the last active admin of the organization',
    hint: 'Make somebody else an admin first.',
  },
  conflict: {
    status: 409,
    title: 'The change clashes with another one',
    hint: 'Look at what is there now, and try again.',
  },
  changed_meanwhile: {
    status: 412,
    title: 'It has changed since you looked at it',
    hint: 'GET it again, look at what is new, and send the ETag of that answer as If-Match.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    hint: 'Send less.',
  },
  url_too_long: {
    status: 414,
    title: 'A part of the path is too long',
    hint: 'No name has more than 254 characters: check how the path is put together.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not of a type that the API reads',
    hint: 'Send JSON with Content-Type: application/json.',
  },
  proof_failed: {
    status: 422,
    title: 'The logins are not what they should be, so the database was not registered',
    hint: 'Correct what `findings` shows, or let Postern provision the logins.',
  },
  database_is_store: {
    status: 422,
    title: "The database is Postern's own store",
    hint: 'Give the URL of another database.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    hint: 'Make a new key, such as a random UUID, for each thing that you create.',
  },
  too_many_failures: {
    status: 429,
    title: 'Too many failed attempts',
    hint: 'Wait as many seconds as the Retry-After header says.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests from this address',
    hint: 'Wait as many seconds as the Retry-After header says.',
  },
  headers_too_large: {
    status: 431,
    title: 'The URL and the headers are too long together',
    hint: 'Send fewer or shorter headers, and less than 16 kB with the URL.',
  },
  internal_error: {
    status: 500,
    title: 'A defect in Postern',
    hint: 'Give `instance` to an admin: the log has the details.',
  },
  upstream_failed: {
    status: 502,
    title: 'The database server did not do what was needed',
    hint: 'See `detail`, and the log of that server.',
  },
  store_unavailable: {
    status: 503,
    title: 'The store does not answer at the moment',
    hint: 'Try again in a few seconds; an operator should look at the store.',
  },
  store_not_migrated: {
    status: 503,
    title: 'The store is not migrated to this version',
    hint: 'An operator should run `postern migrate`; nothing needs a restart after it.',
  },
  secrets_unreadable: {
    status: 503,
    title: 'A stored secret cannot be opened',
    hint: 'An operator should check `secret_key` and `retired_secret_keys` of the instance.',
  },
  busy: {
    status: 503,
    title: 'Too many tokens wait to be checked',
    hint: 'Try again in a few seconds.',
  },
} as const satisfies Record<string, ProblemRule>

export type ProblemCode = keyof typeof PROBLEMS
