// The calls that make something, and are sent with an Idempotency-Key: then they can be sent again.

export const CREATIONS: ReadonlySet<string> = new Set([
  '/v1/accounts/{account}/keys',
  '/v1/databases',
  '/v1/groups',
  '/v1/invitations',
  '/v1/keys/{id}/rotate',
  '/v1/service-accounts',
  '/v1/users/{email}/password-link',
])
