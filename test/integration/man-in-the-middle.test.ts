// Somebody between client and proxy: whatever he does, one of the two notices, and he learns no token.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { manInTheMiddle, type MiddleOptions } from '../support/man-in-the-middle.js'
import { makeWorld, type World } from '../support/world.js'
import { until } from '../proxy/observe.js'
import { RawClient, Told } from '../proxy/raw-client.js'
import { psql, withoutPsql } from './psql.js'
import { environment } from './shop.js'

const NOTICED = /FATAL: {2}the TLS connection of the client does not end at the proxy/

void t.test('a man in the middle', async t => {
  const world = await makeWorld(t)
  const robot = await world.account()
  const dir = await mkdtemp(join(tmpdir(), 'postern-middle-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  // For the same names as the proxy's, but of another authority.
  const his = await ensureCertificates(dir)

  const middle = (t: Test, options: Partial<MiddleOptions> = {}) =>
    manInTheMiddle(t, { port: world.port('tlsOnly'), certificate: his, tlsToProxy: true, ...options })
  const psqlBy = (port: number, PGSSLMODE: string, PGCHANNELBINDING: string) => {
    const { PGSSLROOTCERT = '', ...variables } = environment({ world }, robot, { PGSSLMODE, PGCHANNELBINDING })
    // With a root certificate `require` would check the chain too, and notice.
    const trusted = PGSSLMODE.startsWith('verify') ? { PGSSLROOTCERT } : { PGSSLROOTCERT: join(dir, 'none') }
    return psql({ ...variables, ...trusted, PGPORT: String(port) }, 'select 1')
  }

  void t.test('who says no to TLS gets nowhere with a client that insists on it', { skip: withoutPsql }, async t => {
    const { port, read } = await middle(t, { certificate: null })
    for (const [sslmode, binding] of [
      ['require', 'prefer'],
      ['verify-full', 'prefer'],
    ] as const) {
      const { code, stderr } = await psqlBy(port, sslmode, binding)
      t.match({ code, stderr }, { code: 2, stderr: /server does not support SSL, but SSL was required/ }, sslmode)
    }
    const { code, stderr } = await psqlBy(port, 'prefer', 'require')
    t.match({ code, stderr }, { code: 2, stderr: /channel binding/ }, 'nor with one that binds the channel')
    t.notMatch(read().toString('latin1'), robot.token)
  })

  void t.test('who strips TLS gets nowhere at a listener that requires it', async t => {
    // The client would go on in the clear, as sslmode=prefer does.
    const { port } = await middle(t, { certificate: null, tlsToProxy: false })
    const client = await RawClient.connect(port)
    t.teardown(() => client.close())
    const [heard] = await client.startup(robot.name).toEnd()
    t.match(heard && new Told(heard).fields, { S: 'FATAL', C: '28000', M: 'this listener requires TLS' })
  })

  void t.test('with a certificate of his own is found out by verify-full', { skip: withoutPsql }, async t => {
    const { port, read } = await middle(t)
    const { code, stderr } = await psqlBy(port, 'verify-full', 'prefer')
    t.match({ code, stderr }, { code: 2, stderr: /certificate verify failed/ })
    t.equal(read().length, 0)
  })

  void t.test('who passes a bound proof on is found out by the proxy', { skip: withoutPsql }, async t => {
    const { port, read } = await middle(t)
    // psql binds by itself; with `require` it would insist.
    for (const binding of ['prefer', 'require']) {
      const { code, stderr } = await psqlBy(port, 'require', binding)
      t.match({ code, stderr }, { code: 2, stderr: NOTICED }, binding)
      t.match(await noticed(world, stderr), 'binding_mismatch')
    }
    t.notMatch(read().toString('latin1'), robot.token)
  })

  void t.test('who cuts the binding out of the offer is found out by both', { skip: withoutPsql }, async t => {
    const { port } = await middle(t, { edit: withoutPlus })
    const insisting = await psqlBy(port, 'require', 'require')
    t.match(insisting, { code: 2, stderr: /channel binding.*required/i }, 'by a psql that insists')
    const told = await psqlBy(port, 'require', 'prefer')
    t.match(told, { code: 2, stderr: NOTICED }, 'by the flag of any other')
    t.match(await noticed(world, told.stderr), 'binding_downgrade')
  })

  void t.test('who passes a bound proof on is found out whatever the client is', async t => {
    const { port } = await middle(t)
    const client = await (await RawClient.connect(port)).startTls(his.ca)
    t.teardown(() => client.close())
    const refused = client.startup(robot.name).prove(robot.token)
    await t.rejects(refused, { code: '28000', message: 'the TLS connection of the client does not end at the proxy' })
  })

  void t.test('who goes on in the clear is told that the listener requires TLS', async t => {
    const { port } = await middle(t, { tlsToProxy: false })
    const client = await (await RawClient.connect(port)).startTls(his.ca)
    t.teardown(() => client.close())
    await t.rejects(client.startup(robot.name).prove(robot.token), { message: 'this listener requires TLS' })
  })

  void t.test('is not to blame when he only passes bytes on', { skip: withoutPsql }, async t => {
    const { port } = await manInTheMiddle(t, { port: world.port(), certificate: null, tlsToProxy: false })
    t.match(await psqlBy(port, 'disable', 'prefer'), { code: 0, stdout: '1\n' })
  })
})

/** Takes the better mechanism out of AuthenticationSASL, and the length word along. */
function withoutPlus(fromProxy: Buffer): Buffer {
  const plus = Buffer.from('SCRAM-SHA-256-PLUS\0')
  const at = fromProxy.indexOf(plus)
  if (at < 0) return fromProxy
  const cut = Buffer.concat([fromProxy.subarray(0, at), fromProxy.subarray(at + plus.length)])
  cut.writeInt32BE(cut.readInt32BE(1) - plus.length, 1)
  return cut
}

/** What the log says, under the reference that psql printed. */
async function noticed(world: World, stderr: string): Promise<string> {
  const reference = /Reference: (\S+)/.exec(stderr)?.[1]
  const find = () => world.log.find(({ session, code }) => session === reference && code === 'channel_binding_failed')
  await until('the refusal is logged', () => find() !== undefined)
  return JSON.stringify(find())
}
