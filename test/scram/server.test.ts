import fc from 'fast-check'
import t from 'tap'
import { deriveKeys, saltPassword } from '../../src/scram/keys.js'
import { type Candidate, MAX_CLIENT_MESSAGE_BYTES, ScramServer } from '../../src/scram/server.js'
import { bytes, CHANNEL, client, codeOf, ITERATIONS, keysOf, RFC_7677, SALT, serverOn } from './fixture.js'

const PLAIN = 'SCRAM-SHA-256'
const PLUS = 'SCRAM-SHA-256-PLUS'

/** A server that has sent its challenge, and the client's honest answer. */
async function challenged(password = 'secret'): Promise<{ server: ScramServer; final: Buffer }> {
  const server = serverOn(null)
  const guest = client({ password })
  const { mechanism, data } = guest.first(server.mechanisms())
  server.clientFirst(mechanism, data)
  return { server, final: await guest.final(server.serverFirst({ salt: SALT, iterations: ITERATIONS })) }
}

async function candidate(id: string, password: string): Promise<Candidate> {
  return { id, ...(await keysOf(password)) }
}

void t.test('plays the server of RFC 7677', async t => {
  const server = new ScramServer({ serverNonce: RFC_7677.serverNonce, channelBinding: null })
  t.same(server.clientFirst(PLAIN, bytes(RFC_7677.clientFirst)), { username: 'user' })
  t.equal(server.serverFirst(RFC_7677).toString(), RFC_7677.serverFirst)
  const keys = deriveKeys(await saltPassword(RFC_7677))
  const match = server.clientFinal(bytes(RFC_7677.clientFinal), [{ id: 'key', ...keys }])
  t.equal(match?.id, 'key')
  t.equal(match?.serverFinal.toString(), RFC_7677.serverFinal)
})

void t.test('offers PLUS first, and only on a channel that can be bound', async t => {
  t.same(serverOn(null).mechanisms(), [PLAIN])
  t.same(serverOn(CHANNEL).mechanisms(), [PLUS, PLAIN])
})

void t.test('judges flag and mechanism together, as Postgres does', async t => {
  const cases = [
    ['no channel', null, PLAIN, 'n', 'no error'],
    ['no channel', null, PLAIN, 'y', 'no error'],
    ['no channel', null, PLAIN, 'p=tls-server-end-point', 'binding_not_offered'],
    ['no channel', null, PLUS, 'p=tls-server-end-point', 'unsupported_mechanism'],
    ['channel', CHANNEL, PLAIN, 'n', 'no error'],
    ['channel', CHANNEL, PLAIN, 'y', 'binding_downgrade'],
    ['channel', CHANNEL, PLAIN, 'p=tls-server-end-point', 'binding_not_offered'],
    ['channel', CHANNEL, PLUS, 'n', 'binding_missing'],
    ['channel', CHANNEL, PLUS, 'y', 'binding_missing'],
    ['channel', CHANNEL, PLUS, 'p=tls-server-end-point', 'no error'],
    ['channel', CHANNEL, PLUS, 'p=tls-unique', 'binding_type'],
    ['channel', CHANNEL, 'SCRAM-SHA-1', 'n', 'unsupported_mechanism'],
  ] as const
  for (const [where, channel, mechanism, flag, code] of cases) {
    const act = () => serverOn(channel).clientFirst(mechanism, bytes(`${flag},,n=,r=x`))
    t.equal(codeOf(act), code, `${where}, ${mechanism}, ${flag}`)
  }
})

void t.test('refuses a client-first-message that breaks the grammar', async t => {
  const cases = [
    ['', 'malformed_message'],
    ['n,,', 'malformed_message'],
    ['n,,r=x', 'malformed_message'],
    ['n,,n=', 'malformed_message'],
    ['n,,n=,r=', 'invalid_encoding'],
    ['n,,n=,r=a b', 'invalid_encoding'],
    ['n,,n=,r=x\0', 'malformed_message'],
    ['n,,n=,r=x,', 'malformed_message'],
    ['n,,n=,r=x,y', 'malformed_message'],
    ['n,,m=x,n=,r=x', 'unsupported_extension'],
    ['n,a=root,n=,r=x', 'authorization_identity'],
    [`n,,n=,r=${'x'.repeat(MAX_CLIENT_MESSAGE_BYTES)}`, 'message_too_long'],
  ] as const
  for (const [text, code] of cases) {
    t.equal(
      codeOf(() => serverOn(null).clientFirst(PLAIN, bytes(text))),
      code,
      JSON.stringify(text.slice(0, 30)),
    )
  }
})

void t.test('accepts the user names that drivers send, and optional extensions', async t => {
  t.same(serverOn(null).clientFirst(PLAIN, bytes('n,,n=,r=x')), { username: '' })
  t.same(serverOn(null).clientFirst(PLAIN, bytes('n,,n=*,r=x,x=y,z=')), { username: '*' })
  t.same(serverOn(null).clientFirst(PLAIN, Buffer.from('n,,n=zoë,r=x')), { username: 'zoë' })
})

void t.test('refuses a client-final-message that breaks the grammar or belongs elsewhere', async t => {
  const nonce = 'client-nonceserver-nonce'
  const proof = Buffer.alloc(32).toString('base64')
  const cases = [
    [`c=biws,r=${nonce},p=${proof}`, 'no error'],
    [`c=biws,r=${nonce},x=y,z=,p=${proof}`, 'no error'],
    [`c=eSws,r=${nonce},p=${proof}`, 'binding_mismatch'],
    [`c=,r=${nonce},p=${proof}`, 'binding_mismatch'],
    [`c=biwsYQ==,r=${nonce},p=${proof}`, 'binding_mismatch'],
    [`c=biws,r=client-nonce,p=${proof}`, 'nonce_mismatch'],
    [`c=biws,r=${nonce}x,p=${proof}`, 'nonce_mismatch'],
    [`c=biws,r=${nonce.toUpperCase()},p=${proof}`, 'nonce_mismatch'],
    [`c=biws,r=${nonce}`, 'malformed_message'],
    [`c=biws,r=${nonce},x=y`, 'malformed_message'],
    [`c=biws,r=${nonce},p=`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${Buffer.alloc(31).toString('base64')}`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${Buffer.alloc(33).toString('base64')}`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${proof},`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${proof},x=y`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${proof},p=${proof}`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${'!'.repeat(44)}`, 'invalid_encoding'],
    [`r=${nonce},c=biws,p=${proof}`, 'malformed_message'],
    [`c=biws,r=${nonce},p=${proof}\0`, 'malformed_message'],
    ['', 'malformed_message'],
    [`c=biws,r=${nonce},x=${'y'.repeat(MAX_CLIENT_MESSAGE_BYTES)},p=${proof}`, 'message_too_long'],
  ] as const
  for (const [text, code] of cases) {
    const { server } = await challenged()
    t.equal(
      codeOf(() => server.clientFinal(bytes(text), [])),
      code,
      text.slice(0, 60),
    )
  }
})

void t.test('names the key that matches, in whatever position it stands', async t => {
  const others = await Promise.all(['a', 'b', 'c', 'd'].map(id => candidate(id, `not ${id}`)))
  const right = await candidate('right', 'secret')
  for (let position = 0; position <= others.length; position++) {
    const { server, final } = await challenged()
    t.equal(server.clientFinal(final, others.toSpliced(position, 0, right))?.id, 'right', `position ${position}`)
  }
})

void t.test('checks every candidate, whether one matched before or none does', async t => {
  const right = await candidate('right', 'secret')
  const wrong = await candidate('wrong', 'other')
  for (const line of [
    [right, wrong, wrong, wrong],
    [wrong, right, wrong, wrong],
    [wrong, wrong, wrong, right],
    [wrong, wrong, wrong, wrong],
  ]) {
    const checked: number[] = []
    const watched = line.map((keys, position) => ({
      id: keys.id,
      serverKey: keys.serverKey,
      get storedKey() {
        checked.push(position)
        return keys.storedKey
      },
    }))
    const { server, final } = await challenged()
    server.clientFinal(final, watched)
    t.same(checked, [0, 1, 2, 3])
  }
})

void t.test('answers no to a wrong password and to an account without keys', async t => {
  const { server, final } = await challenged('wrong')
  t.equal(server.clientFinal(final, [await candidate('key', 'secret')]), null)
  t.equal(server.recheck([]), null)
})

void t.test('takes the first of two keys that are the same', async t => {
  const { server, final } = await challenged()
  const twins = [await candidate('first', 'secret'), await candidate('second', 'secret')]
  t.equal(server.clientFinal(final, twins)?.id, 'first')
})

void t.test('checks the same proof again, against keys made a moment ago', async t => {
  const { server, final } = await challenged()
  t.equal(server.clientFinal(final, []), null)
  const made = await candidate('made since', 'secret')
  t.equal(server.recheck([made])?.id, 'made since')
  t.equal(server.recheck([]), null, 'and forgets what matched before')
})

void t.test('takes each step once and in its turn', async t => {
  const salting = { salt: SALT, iterations: ITERATIONS }
  t.equal(
    codeOf(() => serverOn(null).serverFirst(salting)),
    'unexpected_step',
  )
  t.equal(
    codeOf(() => serverOn(null).clientFinal(bytes('c=biws'), [])),
    'unexpected_step',
  )
  t.equal(
    codeOf(() => serverOn(null).recheck([])),
    'unexpected_step',
  )

  const { server, final } = await challenged()
  server.clientFinal(final, [])
  t.equal(
    codeOf(() => server.clientFinal(final, [])),
    'unexpected_step',
    'a proof is taken once',
  )
})

void t.test('is over after an error', async t => {
  const server = serverOn(null)
  t.equal(
    codeOf(() => server.clientFirst(PLAIN, bytes('nonsense'))),
    'malformed_message',
  )
  t.equal(
    codeOf(() => server.clientFirst(PLAIN, bytes('n,,n=,r=x'))),
    'unexpected_step',
  )

  const { server: second, final } = await challenged()
  t.equal(
    codeOf(() => second.clientFinal(bytes('nonsense'), [])),
    'malformed_message',
  )
  t.equal(
    codeOf(() => second.clientFinal(final, [])),
    'unexpected_step',
  )
  t.equal(
    codeOf(() => second.recheck([])),
    'unexpected_step',
  )
})

void t.test('will not be built or asked to challenge with what no client could use', async t => {
  t.throws(() => new ScramServer({ serverNonce: '', channelBinding: null }), TypeError)
  t.throws(() => new ScramServer({ serverNonce: 'a,b', channelBinding: null }), TypeError)
  for (const salting of [
    { salt: Buffer.alloc(0), iterations: 1 },
    { salt: SALT, iterations: 0 },
    { salt: SALT, iterations: 1.5 },
  ]) {
    t.throws(() => serverOn(null).serverFirst(salting), RangeError)
  }
})

const fragments = fc.constantFrom(
  ...[
    'n',
    'y',
    'p=',
    'tls-server-end-point',
    ',',
    ',,',
    'a=',
    'm=',
    'n=',
    'r=x',
    'c=',
    'biws',
    'p=AAAA',
    '=',
    '\0',
    '\xff',
  ],
)
const anyMessage = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(raw => Buffer.from(raw)),
  fc.array(fragments, { maxLength: 20 }).map(parts => bytes(parts.join(''))),
)

void t.test('throws nothing but ScramError, whatever comes as client-first-message', async t => {
  const act = (message: Buffer) => void codeOf(() => serverOn(CHANNEL).clientFirst(PLUS, message))
  fc.assert(fc.property(anyMessage, act), { numRuns: 1_000 })
  t.pass()
})

void t.test('throws nothing but ScramError, whatever comes as client-final-message, and never matches', async t => {
  const keys = [await candidate('key', 'secret')]
  const act = (message: Buffer) => {
    const server = serverOn(null)
    server.clientFirst(PLAIN, bytes('n,,n=,r=client-nonce'))
    server.serverFirst({ salt: SALT, iterations: ITERATIONS })
    let match: unknown = null
    codeOf(() => (match = server.clientFinal(message, keys)))
    return match === null
  }
  fc.assert(fc.property(anyMessage, act), { numRuns: 1_000 })
  t.pass()
})

void t.test('counts every byte of the exchange: no changed message matches', async t => {
  const keys = [await candidate('key', 'secret')]
  const { final } = await challenged()
  const ignored: number[] = []
  for (const offset of final.keys()) {
    const { server } = await challenged()
    const changed = Buffer.from(final)
    changed.writeUInt8(changed.readUInt8(offset) ^ 1, offset)
    codeOf(() => server.clientFinal(changed, keys) !== null && ignored.push(offset))
  }
  t.same(ignored, [])
})
