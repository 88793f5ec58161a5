// A certificate and its key that follow their files: renewed without a restart, and the last good pair kept while the
// files are bad, as they are for a moment when one of the two has been written and the other has not.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureVersion } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { TlsIdentity } from '../proxy/negotiate.js'

/** The texts of the files. */
export interface Pems {
  /** The certificate, and behind it its chain. */
  readonly cert: string
  readonly key: string
  /** The authorities of client certificates, or null where none is asked for. */
  readonly clientCa: string | null
}

export interface CertificateFilesOptions {
  /** Who shows the certificate, for log and metric: `listener-0`, `api`. */
  readonly place: string
  readonly certificateFile: string
  readonly privateKeyFile: string
  readonly clientCaFile: string | null
  readonly minVersion: SecureVersion
  /** Hears of every pair that is in use from now on, the first one too. */
  readonly onUse: (files: CertificateFiles) => void
  /** Hears once of every pair that can't be used. */
  readonly onBad: (files: CertificateFiles, error: Error) => void
}

const SESSION_ID_CONTEXT = 'postern'

export class CertificateFiles {
  readonly #options: CertificateFilesOptions
  #pems: Pems
  #identity: TlsIdentity
  #renewed: (pems: Pems) => void = () => {}
  /** What was found bad: told once. */
  #complaint: string | null = null

  /** Reads the files. Throws an Error that names the file that can't be read, or says that the two do not belong
   * together. */
  constructor(options: CertificateFilesOptions) {
    this.#options = options
    this.#pems = this.#read()
    this.#identity = this.#parse(this.#pems)
    options.onUse(this)
  }

  get place(): string {
    return this.#options.place
  }

  get pems(): Pems {
    return this.#pems
  }

  get identity(): TlsIdentity {
    return this.#identity
  }

  /** When the certificate expires, in seconds since the Unix epoch. */
  get notAfter(): number {
    return Date.parse(new X509Certificate(this.#identity.certificate).validTo) / 1000
  }

  /** Sets who else hears of each pair that takes the place of another. */
  whenRenewed(act: (pems: Pems) => void): void {
    this.#renewed = act
  }

  /** Reads the files again, and uses them if they have changed and are good. Never throws. */
  reload(): void {
    try {
      const pems = this.#read()
      if (!isDeepStrictEqual(pems, this.#pems)) {
        this.#identity = this.#parse(pems)
        this.#pems = pems
        this.#options.onUse(this)
        this.#renewed(pems)
      }
      this.#complaint = null
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#complaint) this.#options.onBad(this, error as Error)
      this.#complaint = message
    }
  }

  #read(): Pems {
    const { certificateFile, privateKeyFile, clientCaFile } = this.#options
    return {
      cert: read(certificateFile, 'certificate'),
      key: read(privateKeyFile, 'private key'),
      clientCa: clientCaFile === null ? null : read(clientCaFile, "client authorities'"),
    }
  }

  #parse({ cert, key, clientCa }: Pems): TlsIdentity {
    const { certificateFile, privateKeyFile, clientCaFile, minVersion } = this.#options
    if (clientCa !== null) checkAuthorities(clientCa, clientCaFile ?? '')
    try {
      const certificate = new X509Certificate(cert)
      if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is of another certificate')
      // The id is needed where clients resume sessions with their certificates; any will do.
      const forClients = clientCa === null ? {} : { ca: clientCa, sessionIdContext: SESSION_ID_CONTEXT }
      const context = createSecureContext({ cert, key, minVersion, ...forClients })
      return { context, certificate: certificate.raw, wantsClientCertificate: clientCa !== null }
    } catch (cause) {
      throw new Error(`TLS: ${certificateFile} and ${privateKeyFile} are not a certificate and its key`, { cause })
    }
  }
}

/** Throws when there is no certificate in the text: a context would take it in silence, and then trust nobody. */
function checkAuthorities(text: string, file: string): void {
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw new Error(`TLS: ${file} holds no certificate of an authority`, { cause })
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
