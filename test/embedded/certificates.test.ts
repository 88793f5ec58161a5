import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { checkServerIdentity, connect, createServer } from 'node:tls'
import { promisify } from 'node:util'
import t from 'tap'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { scratchDir } from './scratch.js'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-05-01T12:00:00Z')
const run = promisify(execFile)

void t.test('a TLS client that trusts the authority accepts the server under each of its names', async t => {
  const { ca, cert, key } = await ensureCertificates(await scratchDir(t))
  const server = createServer({ cert, key }, socket => socket.end()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const trusting = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' })
  await once(trusting, 'secureConnect')
  for (const name of ['localhost', '127.0.0.1', '::1']) {
    t.equal(checkServerIdentity(name, trusting.getPeerCertificate()), undefined, name)
  }
  t.type(checkServerIdentity('example.org', trusting.getPeerCertificate()), Error)
  const doubting = connect({ host: '127.0.0.1', port, servername: 'localhost' })
  await t.rejects(once(doubting, 'secureConnect'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})

const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => process.env['CI'] === 'true',
)

void t.test(
  'openssl finds no fault, even when strict',
  { skip: hasOpenssl ? false : 'openssl is not installed' },
  async t => {
    const { caFile, certFile } = await ensureCertificates(await scratchDir(t))
    const strictly = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'localhost']
    t.match((await run('openssl', [...strictly, '-CAfile', caFile, certFile])).stdout, /OK/)
  },
)

void t.test('the key is for its owner’s eyes, the rest for all; the authority’s key is not kept', async t => {
  const dir = await scratchDir(t)
  const { caFile, certFile, keyFile, ca, cert, key } = await ensureCertificates(dir)
  t.equal((await stat(keyFile)).mode & 0o777, 0o600)
  t.equal((await stat(caFile)).mode & 0o777, 0o644)
  t.equal((await stat(certFile)).mode & 0o777, 0o644)
  t.strictSame(await Promise.all([caFile, certFile, keyFile].map(file => readFile(file, 'utf8'))), [ca, cert, key])
  t.same(await readdir(dir), ['ca.pem', 'server.key', 'server.pem'])
  t.equal(new X509Certificate(ca).checkPrivateKey(createPrivateKey(key)), false)
})

void t.test('they are kept until a month before they expire, and then made anew', async t => {
  const dir = await scratchDir(t)
  const first = await ensureCertificates(dir, NOW)
  const lastDay = Date.parse(new X509Certificate(first.cert).validTo) - 30 * DAY_MS
  t.same(await ensureCertificates(dir, lastDay - 1_000), first)
  t.not((await ensureCertificates(dir, lastDay)).cert, first.cert)
})

void t.test('they are made anew when the clock is before their time', async t => {
  const dir = await scratchDir(t)
  const first = await ensureCertificates(dir, NOW)
  t.same(await ensureCertificates(dir, NOW - DAY_MS), first)
  t.not((await ensureCertificates(dir, NOW - DAY_MS - 1_000)).cert, first.cert)
})

void t.test('files that do not belong together, or are damaged, are made anew as a set', async t => {
  const [dir, otherDir] = [await scratchDir(t), await scratchDir(t)]
  const other = await ensureCertificates(otherDir, NOW)
  for (const file of ['keyFile', 'certFile', 'caFile'] as const) {
    const before = await ensureCertificates(dir, NOW)
    await copyFile(other[file], before[file])
    const after = await ensureCertificates(dir, NOW)
    t.not(after.cert, before.cert, file)
    t.same(await ensureCertificates(dir, NOW), after)
    await writeFile(after[file], 'not PEM')
    t.not((await ensureCertificates(dir, NOW)).cert, after.cert, file)
  }
})

void t.test('they are found again in the directory given, made with its parents', async t => {
  const dir = join(await scratchDir(t), 'a', 'b')
  t.same(await ensureCertificates(dir, NOW), await ensureCertificates(dir, NOW))
})
