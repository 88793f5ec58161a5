import t from 'tap'
import { Visit } from '../../src/proxy/visit.js'

void t.test('a reference can be read out over the phone, and is new each time', async t => {
  const references = new Set(
    Array.from({ length: 1000 }, () => new Visit({ address: '::1', port: 1 }, () => 0).reference),
  )
  t.equal(references.size, 1000)
  for (const reference of references) if (!/^[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}$/.test(reference)) t.fail(reference)
})

void t.test('adds up the time of a phase, that of failed steps too', async t => {
  let now = 1000
  const visit = new Visit({ address: '::1', port: 1 }, () => now)
  t.equal(await visit.time('lookup', async () => ((now += 30), 'found')), 'found')
  await t.rejects(
    visit.time('lookup', async () => {
      now += 70
      throw new Error('lost')
    }),
    { message: 'lost' },
  )
  now += 400
  t.same(visit.phases, { lookup: 0.1 })
  t.equal(visit.seconds(), 0.5)
})

void t.test('knows in which phase it is', async t => {
  const visit = new Visit({ address: '::1', port: 1 }, () => 0)
  t.equal(visit.phase, 'startup')
  await visit.time('challenge', async () => t.equal(visit.phase, 'challenge'))
  t.equal(visit.phase, 'challenge', 'and stays there until the next one begins')
})
