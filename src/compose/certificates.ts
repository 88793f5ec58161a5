// All certificates that a process shows: read again every now and then, and when it is told to (SIGHUP).

import type { SecureVersion } from 'node:tls'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import { CertificateFiles } from './certificate-files.js'

/** Where a pair is; null: plain text is spoken there. */
export interface PairSettings {
  readonly certificateFile: string | null
  readonly privateKeyFile: string | null
  /** Default: none is asked for. */
  readonly clientCaFile?: string | null
  readonly tlsMinVersion?: SecureVersion
}

/** How often the files are looked at: far shorter than anyone renews them ahead, and a few kilobytes each time. */
const LOOK_MS = 10_000

export class Certificates {
  readonly #metrics: Metrics
  readonly #log: Logger
  readonly #all: CertificateFiles[] = []

  constructor(metrics: Metrics, log: Logger) {
    this.#metrics = metrics
    this.#log = log
  }

  /** Reads a pair, and follows it from now on; null where there is none. Throws an Error that names the file that can't
   * be used. */
  open(place: string, pair: PairSettings): CertificateFiles | null {
    const { certificateFile, privateKeyFile, clientCaFile = null, tlsMinVersion = 'TLSv1.2' } = pair
    if (certificateFile === null || privateKeyFile === null) return null
    const files = new CertificateFiles({
      place,
      certificateFile,
      privateKeyFile,
      clientCaFile,
      minVersion: tlsMinVersion,
      onUse: files => this.#tell(files),
      onBad: (_, error) => this.#log.error({ err: error, place }, 'a certificate stays as it was: its files are bad'),
    })
    this.#all.push(files)
    return files
  }

  /** Reads all files again, and uses what is new. Never throws. */
  reload(): void {
    for (const files of this.#all) files.reload()
  }

  /** Looks at the files until the function that it returns is called. */
  follow(): () => void {
    const timer = setInterval(() => this.reload(), LOOK_MS)
    timer.unref()
    return () => clearInterval(timer)
  }

  #tell({ place, notAfter }: CertificateFiles): void {
    this.#metrics.certificateNotAfter.set({ place }, notAfter)
    this.#log.info({ place, not_after: new Date(notAfter * 1000).toISOString() }, 'certificate in use')
  }
}
