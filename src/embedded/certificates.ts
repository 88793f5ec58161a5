// The certificates of a Postern on one's own machine: kept in a directory, and renewed before they expire.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY_MS, makeCertificates, NAMES, type Pems } from './make-certificates.js'
import { writeWhole } from './whole-file.js'

/** Renewed at a start within the last month, so that a Postern that is started monthly never shows an expired one. */
const RENEW_BEFORE_DAYS = 30

/** The files, and what is in them. */
export interface Certificates extends Pems {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/**
 * Reads the certificates in `dir`, or makes them when they are missing, damaged, or expire within 30 days of `now`
 * (epoch milliseconds). Clients trust the file `ca.pem`; the key's file has mode 0600.
 */
export async function ensureCertificates(dir: string, now: number = Date.now()): Promise<Certificates> {
  const known = await readCertificates(dir).catch(() => null)
  if (known !== null && isGood(known, now)) return known
  const pems = await makeCertificates(now)
  const files = filesIn(dir)
  await mkdir(dir, { recursive: true })
  await writeWhole(files.keyFile, pems.key, 0o600)
  await writeWhole(files.certFile, pems.cert, 0o644)
  await writeWhole(files.caFile, pems.ca, 0o644)
  return { ...files, ...pems }
}

function filesIn(dir: string) {
  return { caFile: join(dir, 'ca.pem'), certFile: join(dir, 'server.pem'), keyFile: join(dir, 'server.key') }
}

async function readCertificates(dir: string): Promise<Certificates> {
  const files = filesIn(dir)
  const [ca, cert, key] = await Promise.all(
    [files.caFile, files.certFile, files.keyFile].map(file => readFile(file, 'utf8')),
  )
  return { ...files, ca: ca as string, cert: cert as string, key: key as string }
}

/** Whether the three belong together, which a crash between two writes may have spoilt, and last long enough. */
function isGood({ ca, cert, key }: Certificates, now: number): boolean {
  try {
    const [authority, server] = [new X509Certificate(ca), new X509Certificate(cert)]
    const lastsUntil = Math.min(Date.parse(authority.validTo), Date.parse(server.validTo))
    return (
      server.verify(authority.publicKey) &&
      server.checkPrivateKey(createPrivateKey(key)) &&
      NAMES.every(
        ({ type, value }) => (type === 'ip' ? server.checkIP(value) : server.checkHost(value)) !== undefined,
      ) &&
      Date.parse(server.validFrom) <= now &&
      lastsUntil - RENEW_BEFORE_DAYS * DAY_MS > now
    )
  } catch {
    return false
  }
}
