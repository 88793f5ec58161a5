// Loads what a listener shows to TLS clients.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsIdentity } from '../proxy/negotiate.js'

/** Reads certificate chain and key from PEM files. Throws an Error that names the file or says that the two do not
 * belong together. */
export function loadTlsIdentity(certificateFile: string, privateKeyFile: string): TlsIdentity {
  const cert = read(certificateFile, 'certificate')
  const key = read(privateKeyFile, 'private key')
  try {
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
    return { context, certificate: new X509Certificate(cert).raw }
  } catch (cause) {
    throw new Error(`TLS: ${certificateFile} and ${privateKeyFile} are not a certificate and its key`, { cause })
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Error(`TLS: the ${what} file ${file} could not be read (${code})`, { cause })
  }
}
