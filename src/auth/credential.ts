// The stored form of a token: SCRAM keys for the exchange, an argon2id hash for tokens that are sent as they are.

import argon2 from 'argon2'
import { deriveKeys, saltPassword } from '../scram/keys.js'
import type { AccountRecord, Credential } from './account.js'

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane; about 20 ms of one core. */
export const ARGON2_OPTIONS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Derives what is stored of a token of an account with these SCRAM parameters. */
export async function createCredential(token: string, scram: AccountRecord['scram']): Promise<Credential> {
  const [hash, saltedPassword] = await Promise.all([
    argon2.hash(token, ARGON2_OPTIONS),
    saltPassword({ password: token, salt: scram.salt, iterations: scram.iterations }),
  ])
  const { storedKey, serverKey } = deriveKeys(saltedPassword)
  return { argon2: hash, storedKey, serverKey }
}
