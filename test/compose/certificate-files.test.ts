import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import t, { type Test } from 'tap'
import { CertificateFiles } from '../../src/compose/certificate-files.js'
import { DAY_MS, makeCertificates, type Pems } from '../../src/embedded/make-certificates.js'

const [old, renewed] = [await makeCertificates(Date.now()), await makeCertificates(Date.now() + DAY_MS)]

/** A pair in files of its own, and what is heard of it. */
async function watched(t: Test, { clientCa = null }: { clientCa?: string | null } = {}) {
  const dir = t.testdir()
  const [certificateFile, privateKeyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  const write = async ({ cert, key }: Pick<Pems, 'cert' | 'key'>) => {
    await writeFile(certificateFile, cert)
    await writeFile(privateKeyFile, key)
  }
  await write(old)
  const clientCaFile = clientCa === null ? null : join(dir, 'ca.crt')
  if (clientCaFile !== null && clientCa !== null) await writeFile(clientCaFile, clientCa)
  const heard: string[] = []
  const files = new CertificateFiles({
    place: 'listener-0',
    certificateFile,
    privateKeyFile,
    clientCaFile,
    minVersion: 'TLSv1.2',
    onUse: ({ place }) => heard.push(`${place} uses a pair`),
    onBad: ({ place }, { message }) => heard.push(`${place}: ${message.replaceAll(dir, '')}`),
  })
  return { files, heard, write, certificateFile, privateKeyFile, clientCaFile: clientCaFile ?? '' }
}

const isOf = (files: CertificateFiles, { cert }: Pick<Pems, 'cert'>) =>
  files.identity.certificate.equals(new X509Certificate(cert).raw) && files.pems.cert === cert

void t.test('uses a new pair once it is read again, and says when it expires', async t => {
  const { files, heard, write } = await watched(t)
  const before = files.notAfter
  files.reload()
  t.ok(isOf(files, old))
  t.strictSame(heard, ['listener-0 uses a pair'], 'what is the same is not told again')
  await write(renewed)
  files.reload()
  t.ok(isOf(files, renewed))
  t.ok(files.notAfter > before)
  t.equal(heard.length, 2)
})

void t.test('keeps the last good pair while the files are bad, and tells once of each badness', async t => {
  const { files, heard, write, certificateFile, privateKeyFile } = await watched(t)
  const reloads = async (change: () => Promise<void>) => {
    await change()
    files.reload()
    files.reload()
    t.ok(isOf(files, old))
    return heard.splice(0)
  }
  heard.splice(0)
  const mismatch = 'listener-0: TLS: /tls.crt and /tls.key are not a certificate and its key'
  t.strictSame(await reloads(() => writeFile(certificateFile, renewed.cert)), [mismatch], 'half renewed')
  t.strictSame(await reloads(() => writeFile(certificateFile, 'junk')), [], 'as bad as before')
  t.strictSame(await reloads(() => rm(privateKeyFile)), [
    'listener-0: TLS: the private key file /tls.key could not be read (ENOENT)',
  ])
  await write(renewed)
  files.reload()
  t.ok(isOf(files, renewed))
})

void t.test('does not begin with a pair that can not be used', async t => {
  const dir = t.testdir({ 'tls.crt': renewed.cert, 'tls.key': old.key })
  const none = { clientCaFile: null, minVersion: 'TLSv1.2' } as const
  const options = { place: 'api', ...none, onUse: () => t.fail('used'), onBad: () => t.fail('told') }
  const pair = { certificateFile: join(dir, 'tls.crt'), privateKeyFile: join(dir, 'tls.key') }
  t.throws(() => new CertificateFiles({ ...options, ...pair }), { message: /are not a certificate and its key$/ })
  t.throws(() => new CertificateFiles({ ...options, ...pair, privateKeyFile: join(dir, 'none') }), /ENOENT/)
})

void t.test('the authorities of clients follow their file too, and the last good ones are kept', async t => {
  const { files, heard, clientCaFile } = await watched(t, { clientCa: old.ca })
  t.ok(files.identity.wantsClientCertificate)
  const first = files.identity.context
  await writeFile(clientCaFile, 'junk')
  files.reload()
  t.equal(files.identity.context, first)
  t.equal(heard.at(-1), 'listener-0: TLS: /ca.crt holds no certificate of an authority')
  await writeFile(clientCaFile, renewed.ca)
  files.reload()
  t.not(files.identity.context, first)
  t.equal(files.pems.clientCa, renewed.ca)
})
