import t from 'tap'
import type { AccountRecord } from '../../src/auth/account.js'
import { authenticateToken } from '../../src/auth/authenticate-token.js'
import type { Principal } from '../../src/auth/principal.js'
import { mintToken } from '../../src/auth/token.js'
import { BusyError } from '../../src/auth/turns.js'
import { FrontDesk, HOME, STORE_TIME } from './front-desk.js'
import { change, refusalOf, sampleAccount, sampleKey } from './sample.js'

const [key, otherKey] = await Promise.all([sampleKey(), sampleKey()])
const robot = sampleAccount({ keys: [otherKey.record, key.record] })
const forged = mintToken()

/** Authenticates against a store that holds this account. */
async function authenticate(
  desk: FrontDesk,
  account: AccountRecord | null,
  token: string,
  address = HOME,
): Promise<Principal> {
  const loadAccountByKeyId = async (keyId: string) => {
    desk.loads.push(keyId)
    if (desk.failure) throw desk.failure
    return { asOf: desk.head, value: account?.keys.some(({ id }) => id === keyId) ? account : null }
  }
  return authenticateToken(
    { token, address },
    {
      source: { loadAccountByKeyId },
      verifier: desk.verifier,
      revocations: desk.revocations,
    },
  )
}

void t.test('tells whose token it is, by which key, as of when', async t => {
  const desk = new FrontDesk()
  desk.head = 7
  t.same(await authenticate(desk, robot, key.token), { account: robot, key: key.record, asOf: 7 })
  t.same(desk.loads, [key.keyId])
})

void t.test('asks the store each time, so that a change holds at once', async t => {
  const desk = new FrontDesk()
  await authenticate(desk, robot, key.token)
  const disabled: AccountRecord = { ...robot, state: 'disabled' }
  t.equal((await refusalOf(authenticate(desk, disabled, key.token))).reason, 'disabled')
  t.equal(desk.hashes, 1, 'but hashes once')
})

void t.test('refuses everyone alike, and keeps the true reason for the log', async t => {
  const only = (options: Partial<typeof key.record>): AccountRecord => ({
    ...robot,
    keys: [{ ...key.record, ...options }],
  })
  const cases: [reason: string, account: AccountRecord | null, token: string][] = [
    ['unknown_account', null, key.token],
    ['unknown_account', robot, mintToken().token],
    ['wrong_token', only({ id: forged.keyId }), forged.token],
    ['expired', only({ expiresAt: STORE_TIME }), key.token],
    ['revoked', only({ revoked: true }), key.token],
    ['disabled', { ...robot, state: 'disabled' }, key.token],
    ['deleted', { ...robot, state: 'deleted' }, key.token],
    ['address', { ...robot, allowFrom: ['198.51.100.0/24'] }, key.token],
  ]
  for (const [reason, account, token] of cases) {
    const desk = new FrontDesk()
    const refusal = await refusalOf(authenticate(desk, account, token))
    t.equal(refusal.code, 'credentials_rejected', reason)
    t.equal(refusal.reason, reason)
    t.equal(refusal.message, 'password authentication failed')
    t.same([desk.loads.length, desk.hashes], [1, 1], `${reason}: one look-up and one hash`)
  }
})

void t.test('lets a key in up to the millisecond of its expiry', async t => {
  const desk = new FrontDesk()
  const account: AccountRecord = { ...robot, keys: [{ ...key.record, expiresAt: STORE_TIME + 100 }] }
  desk.clock.advance(99)
  t.ok(await authenticate(desk, account, key.token))
  desk.clock.advance(1)
  t.equal((await refusalOf(authenticate(desk, account, key.token))).reason, 'expired')
})

void t.test('race: a key revoked after the store was asked is refused', async t => {
  const desk = new FrontDesk()
  desk.announce(change(2, 'key-revoked', { accountId: robot.id, keyId: key.keyId }))
  t.equal((await refusalOf(authenticate(desk, robot, key.token))).reason, 'revoked')
  t.ok(await authenticate(desk, robot, otherKey.token))
})

void t.test('refuses what is no token before the store is asked', async t => {
  const desk = new FrontDesk()
  for (const text of ['', 'hunter2', key.token.slice(0, -1), `${key.token} `, key.token.toUpperCase()]) {
    t.equal((await refusalOf(authenticate(desk, robot, text))).reason, 'malformed_token')
  }
  t.same([desk.loads.length, desk.hashes], [0, 0])
})

void t.test('passes on what the store fails with, and that too many tokens wait', async t => {
  const desk = new FrontDesk([], { concurrency: 1, maxQueue: 0 })
  const first = authenticate(desk, robot, key.token)
  await t.rejects(authenticate(desk, robot, otherKey.token), BusyError)
  await first
  desk.failure = new Error('the store is down')
  await t.rejects(authenticate(desk, robot, key.token), desk.failure)
})
