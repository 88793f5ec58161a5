// Certificates for the tests: an authority, a server's for localhost and 127.0.0.1, and one for another name.

import { generate } from 'selfsigned'

export interface Certificates {
  /** PEM of the authority that signed both. */
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly otherName: { readonly cert: string; readonly key: string }
  /** PEM of an authority that signed neither. */
  readonly strangerCa: string
}

export async function makeCertificates(): Promise<Certificates> {
  const [authority, stranger] = await Promise.all([makeAuthority(), makeAuthority()])
  const issue = async (dns: string, ip?: string) => {
    const made = await generate([{ name: 'commonName', value: dns }], {
      ...KEY,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        {
          name: 'subjectAltName',
          altNames: [{ type: 2, value: dns }, ...(ip === undefined ? [] : [{ type: 7 as const, ip }])],
        },
      ],
    })
    return { cert: made.cert, key: made.private }
  }
  const [server, otherName] = await Promise.all([issue('localhost', '127.0.0.1'), issue('elsewhere.invalid')])
  return { ca: authority.cert, strangerCa: stranger.cert, server, otherName }
}

const KEY = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

function makeAuthority() {
  return generate([{ name: 'commonName', value: 'authority of the tests' }], {
    ...KEY,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
}
