// The certificate authorities of a database's server: a file here, sent along, for the API never reads files for others.

import { readFile, stat } from 'node:fs/promises'
import { CommandError } from './command-error.js'
import type { PostgresUrl } from './postgres-url.js'

// What the API takes: the bundle of a large provider has 170 kB.
const MAX_BYTES = 400_000

/** Reads the file that `sslrootcert` names, into the field of a request; nothing when none is named. */
export async function readRootCert({ rootCertFile: file }: PostgresUrl): Promise<{ ssl_root_cert?: string }> {
  if (file === null) return {}
  const hint = 'sslrootcert names a PEM file with certificate authorities, on this machine'
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`reading sslrootcert ${file}: ${error.code ?? 'failed'}`, hint)
  })
  if (size > MAX_BYTES) throw new CommandError(`sslrootcert ${file} is longer than ${MAX_BYTES} bytes`, hint)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`reading sslrootcert ${file}: ${error.code ?? 'failed'}`, hint)
  })
  // Any other file must not leave this machine by mistake: a private key, say.
  if (!text.includes('-----BEGIN CERTIFICATE-----') || text.includes('PRIVATE KEY-----')) {
    throw new CommandError(`sslrootcert ${file} is not a file of certificates`, hint)
  }
  return { ssl_root_cert: text }
}
