import t from 'tap'
import { lastUses, recordKeyUses, type NewKeyUse } from '../../src/store/key-uses.js'
import { testServer } from '../support/postgres.js'
import { sampleKey, samplePerson, sampleStore } from './sample.js'

const server = await testServer(t)

function use(keyId: string, extra: Partial<NewKeyUse> = {}): NewKeyUse {
  return { keyId, ageMs: 0, address: '192.0.2.1', application: 'psql', database: 'shop', ...extra }
}

void t.test('the last use of a key is kept, and never goes back in time', async t => {
  const store = await sampleStore(t, server)
  const person = await samplePerson(store)
  const [one, two] = [await sampleKey(store, person.id), await sampleKey(store, person.id)]
  await recordKeyUses(store, [use(one.id, { ageMs: 60_000 }), use(two.id, { database: null, application: null })])
  const first = await lastUses(store, [one.id, two.id])
  t.match(first.get(one.id), { address: '192.0.2.1', application: 'psql', database: 'shop' })
  t.match(first.get(two.id), { application: null, database: null })

  await recordKeyUses(store, [use(one.id, { ageMs: 120_000, application: 'late' })])
  t.strictSame((await lastUses(store, [one.id])).get(one.id), first.get(one.id), 'an older use, reported late')
  await recordKeyUses(store, [use(one.id, { ageMs: 30_000, application: 'new' })])
  t.match((await lastUses(store, [one.id])).get(one.id), { application: 'new' })
})

void t.test('a key that does not exist is passed over, and one never used has no last use', async t => {
  const store = await sampleStore(t, server)
  const key = await sampleKey(store, (await samplePerson(store)).id)
  await recordKeyUses(store, [use('ZZZZZZZZZZZZ'), use(key.id)])
  await recordKeyUses(store, [])
  t.strictSame([...(await lastUses(store, [key.id, 'ZZZZZZZZZZZZ'])).keys()], [key.id])
  t.equal((await lastUses(store, [])).size, 0)
})
