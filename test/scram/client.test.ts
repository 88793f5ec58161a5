import fc from 'fast-check'
import t from 'tap'
import { DEFAULT_MAX_ITERATIONS, DEFAULT_MAX_MESSAGE_BYTES, ScramClient } from '../../src/scram/client.js'
import { saltPassword } from '../../src/scram/keys.js'
import { bytes, CHANNEL, client, codeOf, codeOfAsync, RFC_7677 } from './fixture.js'

const PLAIN = 'SCRAM-SHA-256'
const PLUS = 'SCRAM-SHA-256-PLUS'
const CHALLENGE = bytes('r=client-nonce+,s=c2FsdA==,i=1')

function rfcClient(options = {}): ScramClient {
  return new ScramClient({ ...RFC_7677, channelBinding: null, ...options })
}

/** A client that has sent its proof in the exchange of RFC 7677, and waits for the server's. */
async function proved(): Promise<ScramClient> {
  const proving = rfcClient()
  proving.first([PLAIN])
  await proving.final(bytes(RFC_7677.serverFirst))
  return proving
}

void t.test('plays the client of RFC 7677', async t => {
  const guest = rfcClient()
  t.same(guest.first([PLAIN]), { mechanism: PLAIN, data: bytes(RFC_7677.clientFirst) })
  t.equal((await guest.final(bytes(RFC_7677.serverFirst))).toString(), RFC_7677.clientFinal)
  t.equal(guest.verified, false)
  guest.verify(bytes(RFC_7677.serverFinal))
  t.equal(guest.verified, true)
})

void t.test('binds where both can, says so where only it can, and else says no', async t => {
  const cases = [
    [CHANNEL, [PLUS, PLAIN], PLUS, 'p=tls-server-end-point,,'],
    [CHANNEL, [PLAIN, PLUS], PLUS, 'p=tls-server-end-point,,'],
    [CHANNEL, [PLUS], PLUS, 'p=tls-server-end-point,,'],
    [CHANNEL, [PLAIN], PLAIN, 'y,,'],
    [null, [PLAIN], PLAIN, 'n,,'],
    [null, [PLUS, PLAIN], PLAIN, 'n,,'],
    [null, ['OAUTHBEARER', PLAIN], PLAIN, 'n,,'],
  ] as const
  for (const [channelBinding, offered, mechanism, header] of cases) {
    const first = client({ channelBinding }).first(offered)
    t.equal(first.mechanism, mechanism)
    t.equal(first.data.toString(), `${header}n=,r=client-nonce`)
  }
})

void t.test('gives up where there is no mechanism in common', async t => {
  for (const offered of [[], [PLUS], ['SCRAM-SHA-1'], ['scram-sha-256']]) {
    t.equal(
      codeOf(() => client().first(offered)),
      'unsupported_mechanism',
    )
  }
})

void t.test('writes a user name so that it can not end the attribute', async t => {
  t.equal(client({ username: 'a=b,c' }).first([PLAIN]).data.toString(), 'n,,n=a=3Db=2Cc,r=client-nonce')
  t.same(client({ username: 'zoë' }).first([PLAIN]).data, Buffer.from('n,,n=zoë,r=client-nonce'))
})

void t.test('computes nothing for a server that asks for too many iterations', async t => {
  const asked: number[] = []
  const salting = async (_salt: Buffer, iterations: number) => {
    asked.push(iterations)
    return Buffer.alloc(32)
  }
  const run = async (iterations: number, options = {}) => {
    const guest = client({ saltPassword: salting, ...options })
    guest.first([PLAIN])
    return codeOfAsync(() => guest.final(bytes(`r=client-nonce+,s=c2FsdA==,i=${iterations}`)))
  }
  t.equal(await run(DEFAULT_MAX_ITERATIONS), 'no error')
  t.equal(await run(DEFAULT_MAX_ITERATIONS + 1), 'iterations_out_of_range')
  t.equal(await run(2_147_483_647), 'iterations_out_of_range')
  t.equal(await run(5_000, { maxIterations: 5_000 }), 'no error')
  t.equal(await run(5_001, { maxIterations: 5_000 }), 'iterations_out_of_range')
  t.equal(await run(0), 'iterations_out_of_range')
  t.same(asked, [DEFAULT_MAX_ITERATIONS, 5_000])
})

void t.test('takes the salted password from a cache when it is given one', async t => {
  const guest = rfcClient({
    password: 'not asked for',
    saltPassword: async (salt: Buffer, iterations: number) => saltPassword({ password: 'pencil', salt, iterations }),
  })
  guest.first([PLAIN])
  t.equal((await guest.final(bytes(RFC_7677.serverFirst))).toString(), RFC_7677.clientFinal)
})

void t.test('passes on what its cache throws, and is over then', async t => {
  const guest = client({ saltPassword: async () => Promise.reject(new Error('no salt today')) })
  guest.first([PLAIN])
  await t.rejects(guest.final(CHALLENGE), { message: 'no salt today' })
  t.equal(await codeOfAsync(() => guest.final(CHALLENGE)), 'unexpected_step')
})

void t.test('refuses messages without end, on both steps', async t => {
  const endless = Buffer.alloc(DEFAULT_MAX_MESSAGE_BYTES + 1, 'x')
  const guest = client()
  guest.first([PLAIN])
  t.equal(await codeOfAsync(() => guest.final(endless)), 'message_too_long')
  const proving = await proved()
  t.equal(
    codeOf(() => proving.verify(endless)),
    'message_too_long',
  )
  const brief = client({ maxMessageBytes: CHALLENGE.length - 1 })
  brief.first([PLAIN])
  t.equal(await codeOfAsync(() => brief.final(CHALLENGE)), 'message_too_long')
})

void t.test('trusts no server that can not prove itself', async t => {
  const cases = [
    [`v=${Buffer.alloc(32).toString('base64')}`, 'server_signature'],
    [RFC_7677.serverFinal.replace('v=6', 'v=7'), 'server_signature'],
    [`v=${Buffer.alloc(31).toString('base64')}`, 'server_signature'],
    ['v=', 'server_signature'],
    ['v=????', 'invalid_encoding'],
    ['', 'malformed_message'],
    ['x=y', 'malformed_message'],
    [`${RFC_7677.serverFinal},`, 'malformed_message'],
    ['e=invalid-proof', 'server_refused'],
    ['e=', 'server_refused'],
  ] as const
  for (const [text, code] of cases) {
    const proving = await proved()
    t.equal(
      codeOf(() => proving.verify(bytes(text))),
      code,
      text,
    )
    t.equal(proving.verified, false)
    t.equal(
      codeOf(() => proving.verify(bytes(RFC_7677.serverFinal))),
      'unexpected_step',
      'no second try',
    )
  }
})

void t.test('tells which refusal it was, if RFC 5802 knows it, and nothing else', async t => {
  for (const [text, serverError] of [
    ['e=invalid-proof', 'invalid-proof'],
    ['e=channel-bindings-dont-match,x=y', 'channel-bindings-dont-match'],
    ['e=look at this!', 'other-error'],
    ['e=__proto__', 'other-error'],
  ] as const) {
    const proving = await proved()
    t.throws(() => proving.verify(bytes(text)), { code: 'server_refused', serverError })
  }
})

void t.test('takes each step once and in its turn', async t => {
  t.equal(await codeOfAsync(() => client().final(CHALLENGE)), 'unexpected_step')
  t.equal(
    codeOf(() => client().verify(bytes('v='))),
    'unexpected_step',
  )

  const twice = client()
  twice.first([PLAIN])
  t.equal(
    codeOf(() => twice.first([PLAIN])),
    'unexpected_step',
  )

  const hurried = client()
  hurried.first([PLAIN])
  const final = hurried.final(CHALLENGE)
  t.equal(
    codeOf(() => hurried.verify(bytes('v='))),
    'unexpected_step',
    'while the password is being salted',
  )
  t.equal(await codeOfAsync(() => hurried.final(CHALLENGE)), 'unexpected_step')
  await final
})

void t.test('will not be built with a nonce that no server could read', async t => {
  for (const clientNonce of ['', 'a,b', 'ä']) t.throws(() => client({ clientNonce }), TypeError)
})

void t.test('throws nothing but ScramError, whatever the server sends', async t => {
  const fragments = fc.constantFrom('r=', 'client-nonce', '+', ',', 's=', 'c2FsdA==', 'i=', '1', 'e=', 'v=', 'm=', '\0')
  const anyMessage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(raw => Buffer.from(raw)),
    fc.array(fragments, { maxLength: 15 }).map(parts => bytes(parts.join(''))),
  )
  await fc.assert(
    fc.asyncProperty(anyMessage, anyMessage, async (challenge, serverFinal) => {
      const guest = client()
      guest.first([PLAIN])
      await codeOfAsync(() => guest.final(challenge))
      codeOf(() => guest.verify(serverFinal))
      return !guest.verified
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})
