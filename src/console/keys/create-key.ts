// Makes a key of an account.

import { api } from '../api.js'

export interface NewKey {
  readonly account: string
  readonly name: string
  readonly description?: string
  /** Days as text; empty: never. */
  readonly expiresInDays: string
}

export async function createKey({ account, name, description = '', expiresInDays }: NewKey, idempotencyKey: string) {
  const { data } = await api.POST('/v1/accounts/{account}/keys', {
    params: { path: { account }, header: { 'idempotency-key': idempotencyKey } },
    body: {
      ...(name.trim() !== '' && { name: name.trim() }),
      ...(description.trim() !== '' && { description: description.trim() }),
      ...(expiresInDays !== '' && { expires_in_days: Number(expiresInDays) }),
    },
  })
  // Its token must never be shown as that of another account.
  if (data.key.account !== account) throw new Error('the API answered with a key of another account')
  return data
}
