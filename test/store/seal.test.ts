import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Sealer } from '../../src/store/seal.js'
import { StoreError } from '../../src/store/store-error.js'

const one = { id: 'one', key: randomBytes(32) }
const two = { id: 'zwei-ü', key: randomBytes(32) }

function unsealable(act: () => unknown): boolean {
  try {
    act()
    return false
  } catch (error) {
    return error instanceof StoreError && error.code === 'unsealable'
  }
}

void t.test('opens what it sealed, the empty text and other scripts too, and hides it', async t => {
  const sealer = new Sealer([one])
  for (const plain of ['', 'secret', 'пароль 🔑', 'x'.repeat(10_000)]) {
    const sealed = sealer.seal(plain, 'place')
    t.equal(sealer.open(sealed, 'place'), plain)
    if (plain) t.notOk(sealed.includes(plain))
  }
})

void t.test('never seals twice the same', async t => {
  const sealer = new Sealer([one])
  t.notOk(sealer.seal('secret', 'place').equals(sealer.seal('secret', 'place')))
})

void t.test('does not open in another place', async t => {
  const sealer = new Sealer([one])
  t.ok(unsealable(() => sealer.open(sealer.seal('secret', 'place'), 'other place')))
})

void t.test('does not open when any one byte is changed, or the end is missing', async t => {
  const sealer = new Sealer([one])
  const sealed = sealer.seal('secret', 'place')
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8((sealed[at] ?? 0) ^ 1, at)
    if (!unsealable(() => sealer.open(changed, 'place'))) t.fail(`byte ${at} may be changed`)
    if (!unsealable(() => sealer.open(sealed.subarray(0, at), 'place'))) t.fail(`opens when cut at ${at}`)
  }
})

void t.test('a rotated key: the first one seals, the old one still opens, until it is taken away', async t => {
  const old = new Sealer([one]).seal('secret', 'place')
  const rotated = new Sealer([two, one])
  t.equal(rotated.open(old, 'place'), 'secret')
  t.notOk(rotated.isCurrent(old))
  const fresh = rotated.seal('secret', 'place')
  t.ok(rotated.isCurrent(fresh))
  const without = new Sealer([two])
  t.equal(without.open(fresh, 'place'), 'secret')
  t.ok(unsealable(() => without.open(old, 'place')))
  t.ok(
    unsealable(() => new Sealer([{ id: 'one', key: two.key }]).open(old, 'place')),
    'same id, other key',
  )
})

void t.test('knows a text again by a fingerprint that only its key can make', async t => {
  const print = new Sealer([one]).fingerprint('postgres://admin:guess-me@db/shop')
  t.strictSame(new Sealer([one, two]).fingerprint('postgres://admin:guess-me@db/shop'), print)
  t.equal(print.length, 32)
  t.notSame(new Sealer([one]).fingerprint('postgres://admin:guess-m3@db/shop'), print)
  t.notSame(new Sealer([two, one]).fingerprint('postgres://admin:guess-me@db/shop'), print)
})

void t.test('refuses keys that it can not work with', async t => {
  t.throws(() => new Sealer([]), TypeError)
  t.throws(() => new Sealer([{ id: 'short', key: randomBytes(16) }]), TypeError)
  t.throws(() => new Sealer([{ id: '', key: one.key }]), TypeError)
  t.throws(() => new Sealer([one, { id: 'one', key: two.key }]), TypeError)
})
