// The soak: `npm run test:soak -- --minutes N`. Two instances, as processes of their own, under logins, queries, cancels and
// revocations at random from a seed that is printed; POSTERN_SEED plays it again. At the end memory and descriptors have to be
// flat, everybody who was thrown out gone, and nothing left in the database.

import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { Load } from '../faults/load.js'
import { setStage, type FaultyInstance, type Member } from '../faults/stage.js'
import { until } from '../proxy/observe.js'
import { Dice, runSeed } from '../support/dice.js'
import { testServer } from '../support/postgres.js'
import { costOf } from '../support/process-cost.js'
import { growth, LOOK_MS } from './growth.js'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const soakMs = Number(values.minutes) * 60_000
if (!(soakMs > 0)) throw new Error('--minutes takes a number')

const CLIENTS = 8
const MEMBERS = 8
const POOL = 5

/** What may grow while the soak runs: the longer it runs, the smaller the leak that it finds. */
const MAX_GROWTH = { descriptors: 8, 'MiB of objects': 4, 'MiB in memory': 12 }

/** What clients may be told. */
const EXPECTED = new Set(['answered', '57P01', '28P01'])

const seed = runSeed()
const dice = new Dice(seed)

t.setTimeout(soakMs + 300_000)
void t.test(`a soak of ${values.minutes} minutes, POSTERN_SEED=${seed}`, async t => {
  const stage = await setStage(t, {
    server: await testServer(t),
    env: {
      POSTERN_STORE_POOL_SIZE: String(POOL),
      // Bounds that are reached soon, so that what still grows is a leak.
      POSTERN_CACHE_ACCOUNTS: '20',
      POSTERN_LIMITS_WRONG_CANCEL_KEYS: '10000',
    },
  })
  const [first, second] = [await stage.instance(), await stage.instance()]
  const instances = [first, second]
  const members = await Promise.all(Array.from({ length: MEMBERS }, () => stage.account(first)))
  const revoked: Member[] = []

  const load = new Load({
    seed,
    clients: CLIENTS,
    // One of those who may not come any more is always among them.
    people: () => [...members, ...revoked.slice(-1)],
    ports: () => instances.map(({ proxyPort }) => proxyPort),
  })
  t.teardown(() => load.stop())
  const looks = instances.map(() => [] as (typeof MAX_GROWTH)[])
  const end = performance.now() + soakMs
  const isOver = () => performance.now() >= end
  const look = async () => {
    for (; !isOver(); await pause(LOOK_MS))
      for (const [index, instance] of instances.entries()) looks[index]?.push(await lookAt(instance))
  }
  const revoke = async () => {
    for (; !isOver(); await pause(dice.below(1_000))) {
      const at = dice.below(members.length)
      const member = members[at]
      if (!member) continue
      await dice.pick(instances).api.POST('/v1/keys/{id}/revoke', { params: { path: { id: member.keyId } } })
      revoked.push(member)
      await until(`nothing is left of ${member.name}`, async () => (await backends(stage.storeUrl, member.name)) === 0)
      members[at] = await stage.account(dice.pick(instances))
    }
  }
  await Promise.all([look(), revoke()])
  await load.stop()

  t.comment(`${load.visits} visits, ${revoked.length} revocations, outcomes ${JSON.stringify([...load.outcomes])}`)
  t.strictSame(
    [...load.outcomes.keys()].filter(each => !EXPECTED.has(each)),
    [],
    'clients were told nothing but what is true',
  )
  t.ok(load.answered > 0 && revoked.length > 0, 'there was work')
  for (const [index, instance] of instances.entries()) {
    for (const [what, grown] of Object.entries(growth(looks[index] ?? [])))
      t.ok(grown < MAX_GROWTH[what as keyof typeof MAX_GROWTH], `instance ${index}: ${grown.toFixed(1)} ${what} more`)
    await isEmpty(instance)
  }
  await until('no backend is left', async () => (await backends(stage.storeUrl)) === 0)
})

async function lookAt(instance: FaultyInstance): Promise<typeof MAX_GROWTH> {
  const { descriptors, kib } = costOf(instance.process.pid)
  const objects = await instance.metric('nodejs_heap_size_used_bytes')
  return { descriptors, 'MiB of objects': objects / 1024 ** 2, 'MiB in memory': kib / 1024 }
}

async function isEmpty(instance: FaultyInstance): Promise<void> {
  await until('no session is left', async () => (await instance.metric('postern_sessions_active')) === 0)
  await until('it is ready', async () => (await instance.ready()).status === 200)
}

/** How many sessions the logins have on the server: all, or those of an account. */
async function backends(url: string, account?: string): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where usename like 'postern\\_%' and application_name = coalesce($1, application_name)`,
    [account],
  )
  await client.end()
  return rows[0]?.count ?? 0
}
