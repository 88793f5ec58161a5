import { X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import t from 'tap'
import type { AccountRecord, KeyRecord } from '../../src/auth/account.js'
import { objection } from '../../src/auth/principal.js'
import { newParameters } from '../../src/scram/parameters.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import { BusyError } from '../../src/auth/turns.js'
import { mintToken } from '../../src/auth/token.js'
import { tlsServerEndPoint } from '../../src/scram/channel-binding.js'
import { saltPassword } from '../../src/scram/keys.js'
import { ScramError } from '../../src/scram/scram-error.js'
import { FrontDesk, HOME, STORE_TIME } from './front-desk.js'
import { change, refusalOf, sampleAccount, sampleKey } from './sample.js'

const [key, otherKey, stranger] = await Promise.all([sampleKey(), sampleKey(), sampleKey()])
const robot = sampleAccount({ keys: [key.record, otherKey.record] })
const WRONG = mintToken().token
/** A token that names a key which is there, but has another secret. */
const forged = mintToken()

/** Both ways to log in; each test that does not say otherwise holds for both. */
const WAYS = {
  scram: (desk: FrontDesk, name: string, token: string) => desk.scram(name, token).run(),
  password: (desk: FrontDesk, name: string, token: string) => desk.password(name, token),
}

function withKey(options: Partial<KeyRecord>, account: Partial<AccountRecord> = {}): AccountRecord {
  return { ...robot, keys: [{ ...key.record, ...options }, otherKey.record], ...account }
}

for (const [way, logIn] of Object.entries(WAYS)) {
  void t.test(`${way}: tells whose token it is, by which key, as of when`, async t => {
    const desk = new FrontDesk([robot])
    desk.head = 7
    for (const { token, record } of [key, otherKey]) {
      const principal = await logIn(desk, 'robot', token)
      t.equal(principal.account, robot)
      t.equal(principal.key, record)
      t.equal(principal.asOf, 7)
    }
    t.same(desk.loads, ['robot'], 'the second login needs no store')
  })

  void t.test(`${way}: refuses everyone alike, and keeps the true reason for the log`, async t => {
    const cases: [reason: string, account: AccountRecord | null, token: string][] = [
      ['unknown_account', null, key.token],
      ['wrong_token', robot, WRONG],
      ['wrong_token', robot, stranger.token],
      ['wrong_token', withKey({ id: forged.keyId }), forged.token],
      ['wrong_token', { ...robot, keys: [] }, key.token],
      ['expired', withKey({ expiresAt: STORE_TIME - 1 }), key.token],
      ['revoked', withKey({ revoked: true }), key.token],
      ['disabled', { ...robot, state: 'disabled' }, key.token],
      ['deleted', { ...robot, state: 'deleted' }, key.token],
      ['address', { ...robot, allowFrom: ['198.51.100.0/24'] }, key.token],
      ['wrong_token', { ...robot, allowFrom: ['198.51.100.0/24'] }, WRONG],
      ['expired', withKey({ expiresAt: STORE_TIME - 1 }, { allowFrom: ['198.51.100.0/24'] }), key.token],
    ]
    for (const [reason, account, token] of cases) {
      const desk = new FrontDesk(account ? [account] : [])
      const refusal = await refusalOf(logIn(desk, 'robot', token))
      t.equal(refusal.code, 'credentials_rejected', reason)
      t.equal(refusal.reason, reason)
      t.equal(refusal.message, 'password authentication failed')
      t.equal(refusal.cause, undefined)
      t.same(desk.loads, ['robot'], `${reason}: one look-up`)
    }
  })

  void t.test(`${way}: remembers no name that is longer than an account's can be`, async t => {
    const longest = { ...robot, name: 'r'.repeat(254) }
    const desk = new FrontDesk([longest])
    t.equal((await logIn(desk, longest.name, key.token)).account, longest)
    for (const name of ['a'.repeat(255), 'b'.repeat(9_900)]) {
      const refusal = await refusalOf(logIn(desk, name, key.token))
      t.equal(refusal.reason, 'unknown_account')
    }
    t.same(desk.loads, [longest.name, ''])
  })

  void t.test(`${way}: lets a key in up to the millisecond of its expiry, by the clock of the store`, async t => {
    const desk = new FrontDesk([withKey({ expiresAt: STORE_TIME + 100 })])
    desk.clock.advance(99)
    t.ok(await logIn(desk, 'robot', key.token))
    desk.clock.advance(1)
    t.equal((await refusalOf(logIn(desk, 'robot', key.token))).reason, 'expired')
    t.ok(await logIn(desk, 'robot', otherKey.token), 'another key of the account does not expire with it')
  })

  void t.test(`${way}: goes by the revocation list where the record is older`, async t => {
    const about = { accountId: robot.id, accountName: 'robot' }
    for (const [kind, reason] of [
      ['key-revoked', 'revoked'],
      ['account-disabled', 'disabled'],
      ['account-deleted', 'deleted'],
    ] as const) {
      const desk = new FrontDesk([robot])
      await logIn(desk, 'robot', key.token)
      desk.announce(change(2, kind, { ...about, keyId: kind === 'key-revoked' ? key.keyId : null }))
      t.equal((await refusalOf(logIn(desk, 'robot', key.token))).reason, reason)
    }
  })

  void t.test(`${way}: revoking one key touches no other`, async t => {
    const desk = new FrontDesk([robot])
    desk.announce(change(2, 'key-revoked', { accountId: robot.id, keyId: key.keyId }))
    t.ok(await logIn(desk, 'robot', otherKey.token))
  })

  void t.test(`${way}: finds a key that is newer than the record`, async t => {
    const desk = new FrontDesk([{ ...robot, keys: [otherKey.record] }])
    await logIn(desk, 'robot', otherKey.token)
    desk.clock.advance(1001)
    desk.change(robot)
    const principal = await logIn(desk, 'robot', key.token)
    t.equal(principal.key, key.record)
    t.equal(principal.asOf, desk.head)
    t.equal(desk.loads.length, 2)
  })

  void t.test(`${way}: lets an account in that was enabled again, though nobody has told`, async t => {
    const desk = new FrontDesk([{ ...robot, state: 'disabled' }])
    t.equal((await refusalOf(logIn(desk, 'robot', key.token))).reason, 'disabled')
    desk.change(robot)
    t.equal(
      (await refusalOf(logIn(desk, 'robot', key.token))).reason,
      'disabled',
      'not while the record is a second old',
    )
    desk.clock.advance(1001)
    t.equal((await logIn(desk, 'robot', key.token)).asOf, desk.head)
  })

  void t.test(`${way}: asks the store again for every reason alike`, async t => {
    const withRevoked = { ...robot, keys: [{ ...key.record, revoked: true }, otherKey.record] }
    const desk = new FrontDesk([withRevoked])
    for (const token of [key.token, WRONG]) {
      await refusalOf(logIn(desk, 'robot', token))
      desk.clock.advance(1001)
      const before = desk.loads.length
      await refusalOf(logIn(desk, 'robot', token))
      t.equal(desk.loads.length - before, 1)
    }
  })

  void t.test(`${way}: does not ask the store for each wrong token`, async t => {
    const desk = new FrontDesk([robot])
    for (let i = 0; i < 3; i++) await refusalOf(logIn(desk, 'robot', WRONG))
    desk.clock.advance(1000)
    await refusalOf(logIn(desk, 'robot', WRONG))
    t.equal(desk.loads.length, 1, 'not while the record is a second old')
    desk.clock.advance(1)
    await refusalOf(logIn(desk, 'robot', WRONG))
    await refusalOf(logIn(desk, 'robot', WRONG))
    t.equal(desk.loads.length, 2, 'once after that')
  })

  void t.test(`${way}: asks the store as often for an unknown account as for a wrong token`, async t => {
    const desk = new FrontDesk([robot])
    const loads: Record<string, number[]> = { robot: [], nobody: [] }
    for (const waitMs of [0, 10, 1001, 500, 501, 5000]) {
      desk.clock.advance(waitMs)
      for (const name of ['robot', 'nobody']) {
        const before = desk.loads.length
        await refusalOf(logIn(desk, name, WRONG))
        loads[name]?.push(desk.loads.length - before)
      }
    }
    t.same(loads['robot'], [1, 0, 1, 0, 1, 1])
    t.same(loads['nobody'], loads['robot'])
  })

  void t.test(`${way}: says that it can't look up an account while the store is down`, async t => {
    const desk = new FrontDesk([robot])
    desk.failure = new Error('the store is down')
    const refusal = await refusalOf(logIn(desk, 'robot', key.token))
    t.equal(refusal.code, 'store_unavailable')
    t.equal(refusal.cause, desk.failure)
  })

  void t.test(`${way}: lets in who is cached while the store is down, and no one else`, async t => {
    const desk = new FrontDesk([robot])
    await logIn(desk, 'robot', key.token)
    desk.clock.advance(2000)
    desk.failure = new Error('the store is down')
    t.ok(await logIn(desk, 'robot', otherKey.token))
    t.equal((await refusalOf(logIn(desk, 'robot', WRONG))).code, 'store_unavailable')
  })
}

void t.test('lets an account in from the networks of its list, IPv4 in the clothes of IPv6 too', async t => {
  const desk = new FrontDesk([{ ...robot, allowFrom: ['192.0.2.0/24', '2001:db8::/32'] }])
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::7']) {
    t.equal((await desk.password('robot', key.token, address)).key, key.record)
    t.equal((await desk.scram('robot', key.token, { address }).run()).key, key.record)
  }
  for (const address of ['198.51.100.7', '2001:db9::7', '']) {
    const refusal = await refusalOf(desk.scram('robot', key.token, { address }).run())
    t.match(refusal, { reason: 'address', keyId: key.keyId })
  }
})

void t.test('takes a key that expires for expired while the clock of the store is not known', async t => {
  const { clock } = new FrontDesk()
  const revocations = new RevocationList({ maxAgeMs: 1000, loginTimeoutMs: 1000, now: clock.now })
  const principal = { account: robot, key: { ...key.record, expiresAt: 8e15 }, asOf: 1 }
  const terms = { revocations, address: HOME }
  t.equal(objection(principal, terms), 'expired')
  t.equal(objection({ ...principal, key: key.record }, terms), null)
})

void t.test('race: a key revoked between the two round trips is refused', async t => {
  const desk = new FrontDesk([robot])
  const visit = desk.scram('robot', key.token)
  const final = await visit.first()
  desk.announce(change(2, 'key-revoked', { accountId: robot.id, keyId: key.keyId }))
  t.equal((await refusalOf(visit.login.final(final))).reason, 'revoked')
})

void t.test('race: an account made anew under its name during an exchange is not entered by it', async t => {
  // The new account's key fits the proof: no honest one would, so that only the salt can tell the two apart.
  const anew = sampleAccount({ keys: [key.record], scram: newParameters() })
  for (const before of [{ ...robot, keys: [otherKey.record] }, null]) {
    const desk = new FrontDesk(before ? [before] : [])
    const visit = desk.scram('robot', key.token, before ? {} : { saltPassword: saltedByAccident })
    const final = await visit.first()
    desk.clock.advance(1001)
    desk.change(anew)
    t.equal((await refusalOf(visit.login.final(final))).code, 'credentials_rejected')
    t.equal(desk.loads.length, 2, 'though it was found')
  }
})

void t.test('race: an account deleted during an exchange is refused, though its record said yes', async t => {
  const desk = new FrontDesk([robot])
  const visit = desk.scram('robot', key.token)
  const final = await visit.first()
  desk.change(sampleAccount({ keys: [stranger.record] }))
  desk.announce(change(2, 'account-deleted', { accountId: robot.id }))
  t.equal((await refusalOf(visit.login.final(final))).reason, 'deleted')
})

void t.test('scram: shows a client of an unknown account what it shows any other', async t => {
  const desk = new FrontDesk([robot, sampleAccount({ name: 'empty', scram: newParameters() })])
  const seen = []
  for (const name of ['robot', 'nobody', 'empty', '', 'ro\0bot']) {
    const visit = desk.scram(name, WRONG)
    await refusalOf(visit.run())
    seen.push(visit.seen)
  }
  for (const one of seen) t.same(one, seen[0])
  t.match(seen[0], { mechanisms: ['SCRAM-SHA-256'], saltLength: 16, iterations: '4096' })
})

void t.test('scram: gives an unknown account a salt that stays, here and on other instances', async t => {
  const salts = async (name: string) => {
    const visits = [new FrontDesk(), new FrontDesk()].map(desk => desk.scram(name, WRONG))
    await Promise.all(visits.map(visit => visit.first()))
    return visits.map(({ salt }) => salt)
  }
  const [one, two] = await salts('nobody')
  t.ok(one)
  t.equal(one, two)
  t.not((await salts('noone'))[0], one)
})

void t.test('scram: never gives the same nonce twice', async t => {
  const desk = new FrontDesk([robot])
  const [one, two] = [desk.scram('robot', WRONG), desk.scram('robot', WRONG)]
  await Promise.all([one.first(), two.first()])
  t.not(one.challenge, two.challenge)
})

void t.test('scram: takes no answer to the challenge of another exchange', async t => {
  const desk = new FrontDesk([robot])
  const [one, two] = [desk.scram('robot', key.token), desk.scram('robot', key.token)]
  const overheard = await one.first()
  await two.first()
  const refusal = await refusalOf(two.login.final(overheard))
  t.equal(refusal.code, 'protocol_violation')
  t.match(refusal.cause, { code: 'nonce_mismatch' })
})

void t.test('scram: names the account only once it knows that it exists', async t => {
  const desk = new FrontDesk([robot])
  const visit = desk.scram('robot', key.token)
  t.equal(visit.login.account, null)
  await visit.first()
  t.equal(visit.login.account, 'robot')
  const unknown = desk.scram(key.token, key.token)
  await unknown.first()
  t.equal(unknown.login.account, null, 'a token typed as name is not logged')
})

void t.test('scram: tells broken messages from wrong tokens', async t => {
  const desk = new FrontDesk([robot])
  const login = () => desk.authenticator.scram({ name: 'robot', address: HOME }, null)
  const broken = await refusalOf(login().first('SCRAM-SHA-256', Buffer.from('n,,')))
  t.equal(broken.code, 'protocol_violation')
  t.type(broken.cause, ScramError)
  t.equal((await refusalOf(login().first('SCRAM-SHA-1', Buffer.from('n,,n=,r=x')))).code, 'protocol_violation')
  t.same(desk.loads, [], 'before the store is asked')
  const visit = desk.scram('robot', key.token)
  await visit.first()
  t.equal((await refusalOf(visit.login.final(Buffer.from('c=biws')))).code, 'protocol_violation')
  t.equal((await refusalOf(visit.login.first('SCRAM-SHA-256', Buffer.from('n,,n=,r=x')))).code, 'protocol_violation')
  await t.rejects(login().final(Buffer.alloc(0)), { message: 'final before first' })
})

void t.test('scram: binds to the channel of a TLS connection, and notices another one', async t => {
  const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256' })
  const certificate = new X509Certificate(cert).raw
  const channelBinding = tlsServerEndPoint(certificate)
  const desk = new FrontDesk([robot])
  const bound = desk.scram('robot', key.token, { certificate, channelBinding })
  t.same(bound.login.mechanisms(), ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'])
  t.equal((await bound.run()).key, key.record)
  t.ok(await desk.scram('robot', key.token, { certificate }).run(), 'who can not bind need not')
  const elsewhere = desk.scram('robot', key.token, { certificate, channelBinding: Buffer.alloc(32) })
  t.match((await refusalOf(elsewhere.run())).cause, { code: 'binding_mismatch' })
})

void t.test('password: hashes once for each refusal, whether or not there is an account or a key', async t => {
  const cases: [account: AccountRecord | null, token: () => string][] = [
    [robot, () => mintToken().token],
    [null, () => mintToken().token],
    [{ ...robot, keys: [] }, () => mintToken().token],
    [withKey({ id: forged.keyId }), () => forged.token],
  ]
  for (const [account, token] of cases) {
    const desk = new FrontDesk(account ? [account] : [])
    await refusalOf(desk.password('robot', token()))
    t.equal(desk.hashes, 1)
  }
})

void t.test('password: refuses what has not the form of a token without a look-up and without a hash', async t => {
  const desk = new FrontDesk([robot])
  const reasons: string[] = []
  for (const name of ['robot', 'nobody']) {
    reasons.push((await refusalOf(desk.password(name, 'hunter2'))).reason)
    desk.clock.advance(1001)
    reasons.push((await refusalOf(desk.password(name, 'hunter2'))).reason)
  }
  t.same(desk.loads, [])
  t.equal(desk.hashes, 0)
  t.same(new Set(reasons), new Set(['malformed_token']))
})

void t.test('password: hashes a good token once, however often it comes', async t => {
  const desk = new FrontDesk([robot])
  const logIn = () => desk.password('robot', key.token)
  await Promise.all([logIn(), logIn(), logIn()])
  await logIn()
  t.equal(desk.hashes, 1)
})

void t.test('password: takes no token of another account', async t => {
  const other = sampleAccount({ name: 'other', keys: [stranger.record] })
  const desk = new FrontDesk([robot, other])
  t.ok(await desk.password('other', stranger.token))
  t.equal((await refusalOf(desk.password('robot', stranger.token))).reason, 'wrong_token')
})

void t.test('password: refuses with the limit when too many tokens wait to be hashed', async t => {
  const desk = new FrontDesk([robot], { concurrency: 1, maxQueue: 0 })
  const first = desk.password('robot', key.token)
  const refusal = await refusalOf(desk.password('robot', otherKey.token))
  t.equal(refusal.code, 'too_many_logins')
  t.type(refusal.cause, BusyError)
  t.ok(await first)
})

/** What PBKDF2 makes of the token with the account's own salt, whatever salt the server sent. */
function saltedByAccident(): Promise<Buffer> {
  return saltPassword({ password: key.token, ...robot.scram })
}
