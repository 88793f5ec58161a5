import t from 'tap'
import { FailedLogins, showsBadToken, type FailedLoginsOptions, type LoginBlock } from '../../src/auth/failed-logins.js'
import { Refusal } from '../../src/errors.js'
import { change, TestClock } from './sample.js'

const WINDOW_MS = 60_000
const HERE = '192.0.2.7'

function makeBudget(options: Partial<FailedLoginsOptions> = {}) {
  const clock = new TestClock()
  const blocked: LoginBlock[] = []
  const failed = new FailedLogins({
    maxBadTokens: 3,
    windowMs: WINDOW_MS,
    triesAsOne: 10,
    prefixes: { ipv4: 32, ipv6: 64 },
    maxNetworks: 100,
    now: clock.now,
    blocked: block => blocked.push(block),
    ...options,
  })
  const isBlocked = (address: string): boolean => {
    try {
      failed.check(address)
      return false
    } catch (error) {
      if (error instanceof Refusal && error.code === 'too_many_failed_logins') return true
      throw error
    }
  }
  const show = (token: string | null, claimed = 'robot', address = HERE) => failed.add({ address, claimed, token })
  return { clock, failed, blocked, isBlocked, show }
}

void t.test('blocks a network that shows too many bad tokens, and tells of it once', async t => {
  const { blocked, isBlocked, show } = makeBudget()
  for (const token of ['one', 'two']) show(token)
  t.notOk(isBlocked(HERE))
  show('three')
  t.ok(isBlocked(HERE))
  t.notOk(isBlocked('192.0.2.8'), 'its neighbour is another network')
  for (const token of ['four', 'five']) show(token)
  t.same(blocked, [{ network: `${HERE}/32`, badTokens: 3, ageMs: 0, leftMs: WINDOW_MS }])
})

void t.test('a tool that tries one bad token again and again locks nobody out', async t => {
  const { isBlocked, show } = makeBudget()
  for (let n = 0; n < 10_000; n++) show('the same')
  t.notOk(isBlocked(HERE))
  show('the same', 'another account')
  show('and another token')
  t.ok(isBlocked(HERE), 'each pair of account and token is one')
})

void t.test('proofs can not be told apart: an account counts once, and again for so many tries', async t => {
  const { isBlocked, show } = makeBudget()
  for (let n = 0; n < 20; n++) show(null)
  t.notOk(isBlocked(HERE), 'twenty tries are two')
  show(null)
  t.ok(isBlocked(HERE), 'the next begins a third')

  const other = makeBudget()
  for (const name of ['ada', 'bob', 'eve']) other.show(null, name)
  t.ok(other.isBlocked(HERE), 'three names are three')
})

void t.test('a network may try again when its block is over, and not a moment before', async t => {
  const { clock, failed, isBlocked, show } = makeBudget()
  show('one')
  clock.advance(WINDOW_MS - 1)
  for (const token of ['two', 'three']) show(token)
  clock.advance(WINDOW_MS - 1)
  t.throws(() => failed.check(HERE), {
    code: 'too_many_failed_logins',
    message: 'too many failed logins, retry after 1 seconds',
  })
  clock.advance(1)
  t.notOk(isBlocked(HERE))
  show('four')
  t.notOk(isBlocked(HERE), 'with nothing held against it')
})

void t.test('bad tokens of long ago are forgotten', async t => {
  const { clock, isBlocked, show } = makeBudget()
  for (const token of ['one', 'two']) show(token)
  clock.advance(WINDOW_MS)
  for (const token of ['three', 'four']) show(token)
  t.notOk(isBlocked(HERE))
})

void t.test(
  'a machine with a whole IPv6 network can not get around it, nor one that speaks IPv4 in its clothes',
  async t => {
    const { isBlocked, show } = makeBudget()
    for (let n = 1; n <= 3; n++) show(`token ${n}`, 'robot', `2001:db8::${n}`)
    t.ok(isBlocked('2001:db8::ffff'))
    t.notOk(isBlocked('2001:db8:0:1::1'))
    for (const token of ['one', 'two']) show(token)
    show('three', 'robot', `::ffff:${HERE}`)
    t.ok(isBlocked(HERE))
  },
)

void t.test('lists the blocks there are, and lifts one', async t => {
  const { clock, failed, isBlocked, show } = makeBudget()
  for (const address of [HERE, '2001:db8::1'])
    for (const token of ['one', 'two', 'three']) show(token, 'robot', address)
  show('one', 'robot', '198.51.100.1')
  clock.advance(1000)
  t.same(
    failed.blocks().map(({ network, ageMs, leftMs }) => [network, ageMs, leftMs]),
    [
      ['2001:db8::/64', 1000, WINDOW_MS - 1000],
      [`${HERE}/32`, 1000, WINDOW_MS - 1000],
    ],
  )
  failed.changed([change(1, 'login-block-removed', { network: `${HERE}/32` }), change(2, 'account-changed')])
  t.notOk(isBlocked(HERE))
  t.equal(failed.size, 1)
  clock.advance(WINDOW_MS)
  t.same(failed.blocks(), [])
})

void t.test('remembers so many networks, and forgets the one that has been quiet for longest', async t => {
  const { isBlocked, show } = makeBudget({ maxNetworks: 2, maxBadTokens: 1 })
  show('one', 'robot', '192.0.2.1')
  show('one', 'robot', '192.0.2.2')
  t.ok(isBlocked('192.0.2.1'))
  show('one', 'robot', '192.0.2.3')
  t.same(
    [1, 2, 3].map(n => isBlocked(`192.0.2.${n}`)),
    [true, false, true],
  )
})

void t.test('counts what shows no token of ours, and nothing else', async t => {
  const refusal = (reason: 'unknown_account' | 'wrong_token' | 'malformed_token' | 'expired' | 'revoked' | 'address') =>
    showsBadToken(new Refusal('credentials_rejected', { reason }))
  t.ok([refusal('unknown_account'), refusal('wrong_token'), refusal('malformed_token')].every(Boolean))
  t.notOk([refusal('expired'), refusal('revoked'), refusal('address')].some(Boolean), 'its token was right')
  t.notOk(showsBadToken(new Refusal('store_unavailable')))
  t.notOk(showsBadToken(new Error('anything else')))
})
