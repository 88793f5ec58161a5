/** Values and small helpers that several tests of this folder share. */
import { deriveKeys, saltPassword, type ScramKeys } from '../../src/scram/keys.js'
import { ScramClient, type ScramClientOptions } from '../../src/scram/client.js'
import { ScramServer } from '../../src/scram/server.js'
import { ScramError, type ScramErrorCode } from '../../src/scram/scram-error.js'

/** The exchange of RFC 7677 s.3. */
export const RFC_7677 = {
  username: 'user',
  password: 'pencil',
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  iterations: 4096,
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

export const SALT = Buffer.from('sixteen bytes ok')

/** Few, so that tests are quick; what the count does is PBKDF2's affair. */
export const ITERATIONS = 2

/** Stands for the hash of a certificate. */
export const CHANNEL = Buffer.alloc(32, 7)

/** Makes a message of its text. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Makes a server that may offer PLUS. */
export function serverOn(channelBinding: Buffer | null): ScramServer {
  return new ScramServer({ serverNonce: 'server-nonce', channelBinding })
}

/** Makes a client with the password `secret`, on no channel, unless told otherwise. */
export function client(options: Partial<ScramClientOptions> = {}): ScramClient {
  return new ScramClient({ clientNonce: 'client-nonce', password: 'secret', channelBinding: null, ...options })
}

/** Makes the keys that a server would keep of a password. */
export async function keysOf(password: string): Promise<ScramKeys> {
  const { storedKey, serverKey } = deriveKeys(await saltPassword({ password, salt: SALT, iterations: ITERATIONS }))
  return { storedKey, serverKey }
}

/** Runs an act and returns the code of the ScramError it ends in; whatever else it throws goes on. */
export function codeOf(act: () => unknown): ScramErrorCode | 'no error' {
  try {
    act()
  } catch (error) {
    if (error instanceof ScramError) return error.code
    throw error
  }
  return 'no error'
}

/** As codeOf, for acts that return a promise. */
export async function codeOfAsync(act: () => Promise<unknown>): Promise<ScramErrorCode | 'no error'> {
  try {
    await act()
  } catch (error) {
    if (error instanceof ScramError) return error.code
    throw error
  }
  return 'no error'
}
