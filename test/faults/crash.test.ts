// Kills processes at random moments, while many work and keys are revoked: what was acknowledged is never lost, nobody stays in
// who was thrown out, and nothing is left behind.

import pg from 'pg'
import t, { type Test } from 'tap'
import { until } from '../proxy/observe.js'
import { RawClient } from '../proxy/raw-client.js'
import { Dice, runSeed } from '../support/dice.js'
import { fallibleServer, type FallibleServer } from '../support/fallible-server.js'
import { costOf } from '../support/process-cost.js'
import { Load } from './load.js'
import { isFull, scenario } from './scenarios.js'
import { setStage, type FaultyInstance, type Member, type Stage } from './stage.js'

const CLIENTS = 4
const MEMBERS = 6
const POOL = 3

/** What clients may be told while things die. Never XX000, which would be a defect of ours. That they are lost without a word is
 * for those of the instance that is killed. */
const EXPECTED = {
  instance: new Set(['answered', 'lost', '57P01', '28P01']),
  store: new Set(['answered', '57P01', '57P03', '28P01']),
  upstream: new Set(['answered', '57P01', '57P03', '28P01', '08006']),
}

interface Crash {
  /** What is killed. */
  readonly of: keyof typeof EXPECTED
  /** @param visits the way to wait for some more visits */
  readonly happens: (visits: () => Promise<void>) => Promise<void>
}

// The short form is the same each time: whoever breaks something is to see it again.
const seed = isFull ? runSeed() : runSeed(20_261_125)
const dice = new Dice(seed)

interface Theatre {
  readonly stage: Stage
  readonly upstream: FallibleServer
  /** The instance that is not killed. */
  readonly kept: FaultyInstance
  /** All that are up. */
  readonly up: Set<FaultyInstance>
}

void t.test(`killed at random, POSTERN_SEED=${seed}`, async t => {
  const [server, upstream] = await Promise.all([fallibleServer(t), fallibleServer(t)])
  const stage = await setStage(t, { server, upstream, env: { POSTERN_STORE_POOL_SIZE: String(POOL) } })
  const kept = await stage.instance()
  const theatre = { stage, upstream, kept, up: new Set([kept, await stage.instance()]) }

  const replaceOne = async () => {
    const victim = [...theatre.up].find(each => each !== kept)
    if (!victim) throw new Error('no instance to kill')
    await beBusy(t, theatre, victim)
    victim.process.kill('SIGKILL')
    theatre.up.delete(victim)
    await victim.process.ended
    theatre.up.add(await stage.instance())
  }
  const stopAndStart = (server: FallibleServer) => async (visits: () => Promise<void>) => {
    await server.kill('SIGKILL')
    await visits()
    await server.start()
  }
  await scenario(t, 'instance-killed', t => play(t, theatre, { of: 'instance', happens: replaceOne }))
  await scenario(t, 'store-killed', t => play(t, theatre, { of: 'store', happens: stopAndStart(server) }))
  await scenario(t, 'upstream-killed', t => play(t, theatre, { of: 'upstream', happens: stopAndStart(upstream) }))
})

/** Plays one crash in the midst of work, and looks what is left. */
async function play(t: Test, theatre: Theatre, crash: Crash): Promise<void> {
  const { stage, upstream, kept, up } = theatre
  const members: Member[] = []
  for (let each = 0; each < MEMBERS; each++) members.push(await stage.account(kept))
  const [before, events] = [costOf(kept.process.pid), await auditRows(stage)]

  const revoked: Member[] = []
  const load = new Load({
    seed: dice.below(2 ** 31),
    clients: CLIENTS,
    // Mostly those who may: a refusal is soon told.
    people: () => [
      ...members,
      ...members,
      ...members.filter(each => !revoked.includes(each)),
      stage.admin,
      stage.admin,
    ],
    ports: () => [...up].map(({ proxyPort }) => proxyPort),
  })
  t.teardown(() => load.stop())
  const some = async () => {
    const goal = load.visits + 3 + dice.below(isFull ? 60 : 10)
    await until('some visits are over', () => load.visits >= goal)
  }
  const revokeOne = async () => {
    const member = dice.pick(members.filter(each => !revoked.includes(each)))
    const { keyId } = member
    const answer = dice.pick([...up]).api.POST('/v1/keys/{id}/revoke', { params: { path: { id: keyId } } })
    // What was not acknowledged may have happened or not.
    if (await answer.catch(() => null)) revoked.push(member)
  }
  await some()
  await revokeOne()
  await some()
  const crashed = crash.happens(some)
  for (let each = 0; each < 3; each++) {
    await revokeOne()
    await some()
  }
  await crashed
  const answered = load.answered
  await until('they work again', () => load.answered > answered + CLIENTS)
  await revokeOne()
  t.ok(revoked.length >= 2, `${revoked.length} revocations were acknowledged`)

  // Work goes on meanwhile: a revoked key's session has to go because of that, and not because the test is over.
  for (const { name } of revoked)
    await until(`nothing is left of ${name}`, async () => (await backends(upstream, name)) === 0)
  await load.stop()
  t.strictSame(
    [...load.outcomes.keys()].filter(each => !EXPECTED[crash.of].has(each)),
    [],
    `outcomes: ${JSON.stringify([...load.outcomes])}`,
  )

  await lostNothing(t, theatre, revoked, events)
  await leftNothing(t, theatre, before)
}

/** Has an instance relay a query that does not end by itself. */
async function beBusy(t: Test, { stage, upstream }: Theatre, { proxyPort }: FaultyInstance): Promise<void> {
  const client = await RawClient.connect(proxyPort)
  t.teardown(() => client.close())
  await client.logIn(stage.admin, { parameters: [['application_name', 'busy']] })
  client.query('select pg_sleep(600)')
  await until('the query runs', async () => (await backends(upstream, 'busy', 'PgSleep')) === 1)
}

/** Every revocation that was acknowledged is in force, and in the audit log. */
async function lostNothing(t: Test, { stage, kept }: Theatre, revoked: readonly Member[], events: number) {
  const ids = revoked.map(({ keyId }) => keyId)
  const [row] = await stage.store.run<{ keys: number; events: number }>(
    'look for revocations',
    `select (select count(*)::int from postern.api_keys where id = any($1) and revoked_at is not null) as keys,
       (select count(distinct target)::int from postern.audit_events where action = 'key.revoke' and outcome = 'done'
         and seq > $3 and target = any($2)) as events`,
    [ids, revoked.map(({ name, keyId }) => `${name} ${keyId}`), events],
  )
  t.same(row, { keys: ids.length, events: ids.length }, 'every acknowledged revocation and its audit row is there')
  const { data } = await kept.api.GET('/v1/audit-events/verify')
  t.equal(data.ok, true, 'and the chain is whole')
}

/** No backend, no descriptor and no memory stays behind. */
async function leftNothing(t: Test, { upstream, kept }: Theatre, before: ReturnType<typeof costOf>): Promise<void> {
  await until('no backend is left', async () => (await backends(upstream)) === 0)
  await until('its descriptors are back', () => costOf(kept.process.pid).descriptors <= before.descriptors + POOL)
  const grown = (costOf(kept.process.pid).kib - before.kib) / 1024
  t.ok(grown < 64, `its memory has grown by ${grown.toFixed(1)} MiB`)
  t.equal((await kept.ready()).status, 200)
}

/** How many sessions the logins have in the database: all, or those of an application, or only those that wait so. */
async function backends(upstream: FallibleServer, application?: string, wait?: string): Promise<number> {
  const client = new pg.Client(upstream.url('postgres'))
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where usename like 'postern\\_%' and application_name = coalesce($1, application_name)
       and ($2::text is null or wait_event = $2)`,
    [application, wait],
  )
  await client.end()
  return rows[0]?.count ?? 0
}

async function auditRows({ store }: Stage): Promise<number> {
  const [row] = await store.run<{ seq: string }>('look at the audit log', 'select seq from postern.audit_head')
  return Number(row?.seq)
}
