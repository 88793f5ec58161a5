import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { tlsServerEndPoint } from '../../src/scram/channel-binding.js'
import { ScramClient } from '../../src/scram/client.js'
import { deleteAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { int32 } from '../../src/wire/frame.js'
import { passwordMessage, saslInitialResponse, saslResponse } from '../../src/wire/frontend.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, metric, until } from './observe.js'
import { RawClient, Told, type Heard } from './raw-client.js'

const PLUS = 'SCRAM-SHA-256-PLUS'
const PLAIN = 'SCRAM-SHA-256'

void t.test('proving who one is', async t => {
  const world = await makeWorld(t, { env: { POSTERN_LOGIN_ARGON2_CONCURRENCY: '1', POSTERN_LOGIN_ARGON2_QUEUE: '2' } })
  const robot = await world.account()
  const ca = readFileSync(world.ca)
  const listeners = ['scram', 'password'] as const

  void t.test('channel binding is offered over TLS only', async t => {
    const plain = await RawClient.connect(world.port())
    t.same(mechanisms(await plain.startup(robot.name).message()), [PLAIN])
    const secure = await RawClient.connectTls(world.port(), ca)
    t.same(mechanisms(await secure.startup(robot.name).message()), [PLUS, PLAIN])
    for (const client of [plain, secure]) client.close()
  })

  void t.test('n, y and p are taken where they are honest, and refused where they are not', async t => {
    const outcome = async ({
      tls,
      offered,
      bound,
    }: {
      tls: boolean
      offered: string[]
      bound: 'right' | 'wrong' | null
    }) => {
      const client = tls ? await RawClient.connectTls(world.port(), ca) : await RawClient.connect(world.port())
      t.teardown(() => client.close())
      await client.startup(robot.name).message()
      const certificate = client.certificate
      const right = certificate ? tlsServerEndPoint(certificate) : Buffer.alloc(32)
      const scram = new ScramClient({
        clientNonce: randomBytes(18).toString('base64'),
        password: robot.token,
        channelBinding: bound === 'right' ? right : bound === 'wrong' ? randomBytes(32) : null,
      })
      const { mechanism, data } = scram.first(offered)
      client.send(saslInitialResponse(mechanism, data))
      const challenge = await client.message()
      if (challenge.type === 'E') return new Told(challenge).code
      client.send(saslResponse(await scram.final(challenge.body.subarray(4))))
      const last = await client.message()
      if (last.type === 'E') return new Told(last).code
      scram.verify(last.body.subarray(4))
      return 'in'
    }
    const both = [PLUS, PLAIN]
    t.equal(await outcome({ tls: false, offered: [PLAIN], bound: null }), 'in', 'n in the clear')
    t.equal(await outcome({ tls: false, offered: [PLAIN], bound: 'right' }), 'in', 'y in the clear')
    t.equal(await outcome({ tls: true, offered: both, bound: null }), 'in', 'n over TLS')
    t.equal(await outcome({ tls: true, offered: both, bound: 'right' }), 'in', 'p over TLS')
    t.equal(
      await outcome({ tls: true, offered: [PLAIN], bound: 'right' }),
      '28000',
      'y although PLUS was offered: somebody cut it out',
    )
    t.equal(
      await outcome({ tls: true, offered: both, bound: 'wrong' }),
      '28000',
      'p with another certificate: somebody is between',
    )
    t.equal(await outcome({ tls: false, offered: both, bound: 'right' }), '08P01', 'p in the clear')
  })

  void t.test('a client that names the mechanism only is given an empty challenge first', async t => {
    const client = await RawClient.connect(world.port())
    await client.startup(robot.name).message()
    client.send(saslInitialResponse(PLAIN, null))
    const empty = await client.message()
    t.same(empty.body, int32(11))
    const scram = new ScramClient({ clientNonce: 'nonce', password: robot.token, channelBinding: null })
    client.send(saslResponse(scram.first([PLAIN]).data))
    client.send(saslResponse(await scram.final((await client.message()).body.subarray(4))))
    scram.verify((await client.message()).body.subarray(4))
    t.equal((await client.upTo('Z')).at(-1)?.type, 'Z')
    client.close()
  })

  for (const listener of listeners) {
    void t.test(`refuses every cause alike on the ${listener} listener; only the log tells them apart`, async t => {
      const causes = await everyCause(world)
      const heard = new Map<string, string>()
      for (const [reason, who] of causes) {
        const { told, types } = await refused(world, listener, who)
        const line = await logged(world, told.reference)
        t.match(line, { reason, code: 'credentials_rejected', sqlstate: '28P01' }, reason)
        t.equal(
          line['account'],
          reason === 'unknown_account' || reason === 'deleted' ? null : who.name,
          `${reason}: an account is named if it exists`,
        )
        heard.set(reason, types + told.bytes.toString('latin1').replace(told.reference, 'REFERENCE'))
      }
      t.equal(new Set(heard.values()).size, 1, 'byte for byte the same, but for the reference')
      t.equal(world.log.filter(line => JSON.stringify(line).includes('nobody-by-this-name')).length, 0)
    })
  }

  void t.test('an unknown account keeps its salt, as a known one does', async t => {
    const salt = async (name: string) => {
      const client = await RawClient.connect(world.port())
      await client.startup(name).message()
      client.send(
        saslInitialResponse(
          PLAIN,
          new ScramClient({ clientNonce: 'n', password: '', channelBinding: null }).first([PLAIN]).data,
        ),
      )
      const { body } = await client.message()
      client.close()
      return /s=([^,]+),i=(\d+)/.exec(body.toString())?.slice(1, 3).join()
    }
    t.equal(await salt('nobody'), await salt('nobody'))
    t.equal(await salt(robot.name), await salt(robot.name))
    t.not(await salt('nobody'), await salt('nobody-else'))
    t.match(await salt('nobody'), /,4096$/)
    t.match(await salt(robot.name), /,4096$/)
  })

  void t.test('a token pasted as the user name is not logged', async t => {
    const { token } = mintToken()
    const { told } = await refused(world, 'scram', { name: token, token: 'x' })
    await logged(world, told.reference)
    t.equal(world.log.filter(line => JSON.stringify(line).includes(token.slice(0, 17))).length, 0)
  })

  void t.test('nor is a password, on whichever listener', async t => {
    const who = { name: 'correct-horse-battery-staple', token: 'x' }
    for (const listener of listeners) {
      const { told } = await refused(world, listener, who)
      t.equal((await logged(world, told.reference))['account'], null, listener)
    }
    t.equal(world.log.filter(line => JSON.stringify(line).includes(who.name)).length, 0)
  })

  void t.test('many simultaneous logins with one token cost one argon2 hash', async t => {
    const one = await world.account()
    const hashed = () => metric(world, 'postern_argon2_duration_seconds_count')
    const before = await hashed()
    const sessions = await Promise.all(
      Array.from({ length: 50 }, () => drive(t, world.uri(one, { listener: 'password', query: tlsQuery(world) }))),
    )
    t.equal((await hashed()) - before, 1)
    await Promise.all(sessions.map(({ client }) => client.end()))
  })

  void t.test('more tokens than may wait for a hash are turned away', async t => {
    const name = robot.name
    const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(world.port('password'))))
    await Promise.all(clients.map(client => client.startup(name).message()))
    // All are asked, and answer at the same moment.
    for (const client of clients) client.send(passwordMessage(mintToken().token))
    const heard = await Promise.all(clients.map(client => client.toEnd()))
    const codes = heard.map(([told]) => told && new Told(told).code)
    for (const client of clients) client.close()
    t.same([...new Set(codes)].sort(), ['28P01', '53300'])
    t.ok(codes.filter(code => code === '28P01').length >= 3, 'one that was hashed, and two that waited')
  })

  void t.test('the password listener takes a token, over TLS and on loopback without', async t => {
    for (const query of ['sslmode=disable', tlsQuery(world)]) {
      const { client } = await drive(t, world.uri(robot, { listener: 'password', query }))
      t.equal((await client.query('select 1')).rowCount, 1)
      await client.end()
    }
  })

  void t.test('refuses messages that are too long, or of another kind', async t => {
    const sent: [string, 'scram' | 'password', Buffer][] = [
      ['a SASL message over its limit', 'scram', saslInitialResponse(PLAIN, Buffer.alloc(1_100, 'x'))],
      ['a password over its limit', 'password', passwordMessage('x'.repeat(70_000))],
      ['a query', 'scram', Buffer.from('Q\0\0\0\x0dselect 1\0')],
      ['a mechanism that is not offered', 'scram', saslInitialResponse('SCRAM-SHA-1', Buffer.from('n,,n=,r=x'))],
      ['no SCRAM message', 'scram', saslInitialResponse(PLAIN, Buffer.from('hello'))],
      ['a length that is none', 'scram', Buffer.from('p\xff\xff\xff\xff', 'latin1')],
    ]
    for (const [name, listener, bytes] of sent) {
      const client = await RawClient.connect(world.port(listener))
      await client.startup(robot.name).message()
      const [heard] = await client.send(bytes).toEnd()
      t.equal(heard && new Told(heard).code, '08P01', name)
      client.close()
    }
  })

  void t.test('a flood before the proof is not held in memory', async t => {
    const client = await RawClient.connect(world.port())
    await client.startup(robot.name).message()
    client.send(Buffer.concat([Buffer.from('p\0\0\x04\0', 'latin1')]), Buffer.alloc(8_000_000))
    const [heard] = await client.toEnd().catch(() => [])
    if (heard) t.equal(new Told(heard).code, '08P01')
    client.close()
    await until('it is counted as refused', async () => (await metric(world, 'postern_logins_in_flight')) === 0)
    t.equal((await drive(t, world.uri(robot))).client.listenerCount('error') > 0, true, 'others get in')
  })
})

/** A login for each reason to refuse one, with what the log is to say of it. */
async function everyCause(world: World): Promise<[reason: string, who: Pick<Member, 'name' | 'token'>][]> {
  const [wrong, revoked, disabled, deleted] = await Promise.all([1, 2, 3, 4].map(() => world.account()))
  const expired = await world.account({ expiresAt: Date.now() - 1000 })
  if (!wrong || !revoked || !disabled || !deleted) throw new Error('accounts are missing')
  // Once in, so that the proxy has seen them all alive.
  for (const member of [wrong, revoked, disabled, deleted]) {
    const client = await RawClient.connect(world.port())
    await client.logIn(member)
    client.close()
  }
  await world.revoke(revoked)
  await disableAccount(world.store, disabled.id)
  await withTransaction(world.store, tx => deleteAccount(tx, deleted.id))
  const { changes, revocations } = world.instance.knowledge
  const { head } = await changes.readChanges(0, 1)
  await until('the proxy knows', () => revocations.head >= head)
  return [
    ['unknown_account', { name: 'nobody-by-this-name', token: mintToken().token }],
    ['unknown_account', deleted],
    ['wrong_token', { name: wrong.name, token: mintToken().token }],
    ['expired', expired],
    ['revoked', revoked],
    ['disabled', disabled],
  ]
}

/** Logs in to be refused; the types of all messages that came. */
async function refused(world: World, listener: 'scram' | 'password', who: Pick<Member, 'name' | 'token'>) {
  const client = await RawClient.connect(world.port(listener))
  client.startup(who.name)
  const types: string[] = []
  let told: unknown
  if (listener === 'password') {
    types.push((await client.message()).type)
    client.send(passwordMessage(who.token))
    const [heard] = await client.toEnd()
    told = heard && new Told(heard)
  } else {
    told = await client.prove(who.token, null, heard => types.push(heard.type)).catch((error: unknown) => error)
  }
  client.close()
  if (!(told instanceof Told)) throw new Error(`not refused: ${String(told)}`)
  return { told, types: types.join('') }
}

async function logged(world: World, reference: string): Promise<Record<string, unknown>> {
  const find = () => world.log.find(line => line['session'] === reference)
  await until('the refusal is logged', () => find() !== undefined)
  return find() ?? {}
}

function mechanisms({ body }: Heard): string[] {
  return body.toString('latin1', 4).split('\0').filter(Boolean)
}

function tlsQuery({ ca }: World): string {
  return `sslmode=verify-full&sslrootcert=${ca}`
}
