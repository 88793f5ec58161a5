// A certificate and its key that follow their files: renewed without a restart, and the last good pair kept while the
// files are bad, as they are for a moment when one of the two has been written and the other has not.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsIdentity } from '../proxy/negotiate.js'

/** The texts of the two files. */
export interface Pems {
  /** The certificate, and behind it its chain. */
  readonly cert: string
  readonly key: string
}

export interface CertificateFilesOptions {
  /** Who shows the certificate, for log and metric: `listener-0`, `api`. */
  readonly place: string
  readonly certificateFile: string
  readonly privateKeyFile: string
  /** Hears of every pair that is in use from now on, the first one too. */
  readonly onUse: (files: CertificateFiles) => void
  /** Hears once of every pair that can't be used. */
  readonly onBad: (files: CertificateFiles, error: Error) => void
}

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
      if (pems.cert !== this.#pems.cert || pems.key !== this.#pems.key) {
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
    const { certificateFile, privateKeyFile } = this.#options
    return { cert: read(certificateFile, 'certificate'), key: read(privateKeyFile, 'private key') }
  }

  #parse({ cert, key }: Pems): TlsIdentity {
    const { certificateFile, privateKeyFile } = this.#options
    try {
      const certificate = new X509Certificate(cert)
      if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is of another certificate')
      return { context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }), certificate: certificate.raw }
    } catch (cause) {
      throw new Error(`TLS: ${certificateFile} and ${privateKeyFile} are not a certificate and its key`, { cause })
    }
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
