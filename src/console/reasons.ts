// The true reasons of refusals in plain words, with what to do: for admins, never for the client that was refused.

export interface Reason {
  readonly what: string
  readonly advice: string
}

const RENEW = 'Make a new key for the account, and give its token to the client.'

const REASONS: Readonly<Record<string, Reason>> = {
  unknown_account: {
    what: 'No account has that name',
    advice: 'Check the user of the connection: it is the name of the account, as in the Connect tab.',
  },
  wrong_token: {
    what: 'The password is no token of the account',
    advice: 'Check that the whole token was copied, and that it is a key of this very account.',
  },
  malformed_token: {
    what: 'The password is no token at all',
    advice: 'The password of a connection is the token of a key: it begins with pstn_.',
  },
  expired: { what: 'The key has expired', advice: RENEW },
  revoked: { what: 'The key was revoked', advice: RENEW },
  disabled: { what: 'The account is disabled', advice: 'Enable it again if it shall connect.' },
  deleted: { what: 'The account was deleted', advice: 'That is final. Make another account if it shall connect.' },
  address: {
    what: 'The account may not log in from that address',
    advice: 'Add the network to the allow-list of the account, if it is a good one.',
  },
  not_granted: {
    what: 'The account has no role on that database',
    advice: 'Grant one to the person or to a group. A pinned account has what was chosen when it was made.',
  },
  maker_inactive: {
    what: 'The maker of the pinned account is deactivated or deleted',
    advice: 'Activate them, or transfer the account to somebody else when you delete them.',
  },
  maker_lost_it: {
    what: 'The maker of the pinned account has lost the database',
    advice: 'Give the maker their role back, or make another account over the database.',
  },
  database_denied: { what: 'No such database', advice: 'Check the name of the database in the connection.' },
  tls_required: { what: 'The client came without TLS', advice: 'Connect with sslmode=require or stronger.' },
  channel_binding_failed: {
    what: 'Somebody stands between the client and Postern',
    advice: 'Look for a load balancer that ends TLS, or for worse. Connect with sslmode=verify-full.',
  },
  too_many_connections: { what: 'A limit on connections is reached', advice: 'See limits in the settings.' },
  list_stale: {
    what: 'The instance could not read the revocations for too long',
    advice: 'Look at the store, and at the way from the instance to it.',
  },
  store_unavailable: { what: 'The store did not answer', advice: 'Look at the store, and at the way to it.' },
  secrets_unreadable: {
    what: 'The instance could not open the stored login of the database',
    advice: 'Check secret_key and retired_secret_keys of that instance.',
  },
  upstream_unreachable: {
    what: 'The database could not be reached',
    advice: 'Look whether it runs, and check it with postern database check.',
  },
  upstream_login_failed: {
    what: 'The database refused the login that Postern holds',
    advice: 'Prove the logins with postern database check.',
  },
  upstream_error: { what: 'The database itself said no', advice: 'The client has read its words.' },
  starting: { what: 'The instance was starting', advice: 'Nothing, if it was once.' },
  draining: { what: 'The instance was shutting down', advice: 'Nothing: another one answers.' },
  login_timeout: { what: 'The login took too long', advice: 'Look at the network between the client and Postern.' },
  protocol_violation: { what: 'It did not speak as a Postgres client does', advice: 'See what connects from there.' },
  replication_refused: {
    what: 'It asked for replication',
    advice: 'Postern has none: connect to the database itself.',
  },
  too_many_failures: {
    what: 'Too many failed logins came before',
    advice: 'See which client retries with an old token, and where it is.',
  },
  permission_denied: { what: 'It takes more rights', advice: 'Only an admin of the organization may do that.' },
}

/** Says what a reason means; one that is not known here is shown as it is. */
export function explainReason(reason: string): Reason {
  const known = REASONS[reason]
  if (known) return known
  const words = reason.replaceAll('_', ' ')
  return { what: words.charAt(0).toUpperCase() + words.slice(1), advice: '' }
}
