// Revocations: how long is it from the commit of one to the end of the session that it was for?
//
// Two instances of Postern, each a process of its own, on one store; 500 live sessions on two databases, half of them idle
// and half in a running query. 1,000 keys are revoked in the store, twenty a second, whatever has become of those
// before; each has one session, and another one logs in for it when it has ended. Measured is from the sending of COMMIT to
// the first byte that tells the client that its session is over. Once with push, and once with a push channel that
// looks connected and is dead, so that each instance finds revocations by asking every 15 seconds, the default.

import pg from 'pg'
import { mintToken } from '../../src/auth/token.js'
import { deriveKeys, saltPassword } from '../../src/scram/keys.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { createKey } from '../../src/store/keys.js'
import { withTransaction } from '../../src/store/transaction.js'
import type { Leg } from '../../src/upstream/leg.js'
import { query } from '../../src/wire/frontend.js'
import { setStage, type FaultyInstance, type Stage as House } from '../faults/stage.js'
import { isPush } from '../support/faulty-wire.js'
import { testServer } from '../support/postgres.js'
import { connect } from './client.js'
import { pause } from './process.js'
import { printTable, quantile, type Figures } from './rounds.js'
import type { Stage } from './stage.js'

const SESSIONS = 500
const REVOCATIONS = 1_000
const EVERY_MS = 50
/** For the last of them: four times what a poll may take. */
const PATIENCE_MS = 60_000
const KEYS_AN_ACCOUNT = 50
const AT_A_TIME = 10

interface Key {
  readonly account: string
  readonly id: string
  readonly token: string
}

/** A place to log in: an instance, and the database that is meant for its sessions. */
interface Place {
  readonly instance: FaultyInstance
  readonly dbname: string
}

interface Live {
  readonly place: Place
  readonly keyId: string
  readonly leg: Leg
  readonly ended: Promise<number>
}

export async function revocation(stage: Stage): Promise<void> {
  const [server, ...upstreams] = await Promise.all([testServer(stage), testServer(stage), testServer(stage)])
  const house = await setStage(stage, {
    server,
    ...(upstreams[0] && { upstream: upstreams[0] }),
    env: {
      POSTERN_REVOCATION_REFRESH: '15s',
      POSTERN_REVOCATION_HEARTBEAT: '10s',
      POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: '5000',
    },
  })
  const [first, second] = [await house.instance(), await house.instance()]
  await house.addDatabase(first, 'shop-2', (await upstreams[1]?.freshDatabase()) ?? '')
  const places = [
    { instance: first, dbname: 'shop' },
    { instance: second, dbname: 'shop-2' },
  ]
  const keys = await makeKeys(house, first, SESSIONS + 2 * REVOCATIONS)
  const live: Live[] = []
  const open = async (place: Place) => live.push(await logIn(place, keys.pop()))
  await inTurns(SESSIONS, at => open(places[at % places.length] as Place))

  const figures = new Map<{ name: string }, Figures[]>()
  for (const name of ['push', 'push dead']) {
    if (name === 'push dead') for (const { wire } of [first, second]) wire.set('drop', isPush)
    figures.set({ name }, [await measure(house, live, open)])
  }
  for (const { leg } of live) leg.destroy()
  printTable(`${REVOCATIONS} revocations, ${SESSIONS} live sessions, 2 instances: commit → session ended`, figures, [
    { title: 'p50 ms', figure: 'p50', digits: 0 },
    { title: 'p99 ms', figure: 'p99', digits: 0 },
    { title: 'max ms', figure: 'max', digits: 0 },
    { title: 'not ended', figure: 'missing', digits: 0 },
  ])
}

/** Revokes at a steady pace. */
async function measure({ storeUrl }: House, live: Live[], open: (place: Place) => Promise<unknown>): Promise<Figures> {
  const client = new pg.Client(storeUrl)
  await client.connect()
  const took: number[] = []
  const under: Promise<unknown>[] = []
  const startedAt = performance.now()
  try {
    for (let nth = 0; nth < REVOCATIONS; nth++) {
      await pause(Math.max(0, startedAt + nth * EVERY_MS - performance.now()))
      const session = live.shift()
      if (!session) throw new Error('no session is left: none of those that ended could be replaced')
      await client.query('begin')
      await client.query('update postern.api_keys set revoked_at = now() where id = $1', [session.keyId])
      const committed = performance.now()
      await client.query('commit')
      under.push(session.ended.then(at => took.push(at - committed)).then(() => open(session.place)))
    }
    await Promise.race([Promise.all(under), pause(PATIENCE_MS)])
  } finally {
    await client.end()
  }
  return {
    p50: quantile(took, 0.5) ?? NaN,
    p99: quantile(took, 0.99) ?? NaN,
    max: quantile(took, 1) ?? NaN,
    missing: REVOCATIONS - took.length,
  }
}

let logins = 0

async function logIn(place: Place, key: Key | undefined): Promise<Live> {
  if (!key) throw new Error('no key is left')
  const { account: user, token: password, id: keyId } = key
  const { instance, dbname } = place
  const leg = await connect({ name: dbname, port: instance.proxyPort, user, password, dbname, tls: false, pid: null })
  const ended = new Promise<number>(resolve => {
    const over = () => resolve(performance.now())
    leg.onError = leg.onClose = over
    leg.setSink(() => (over(), true))
  })
  if (logins++ % 2 === 1) leg.socket.write(query('select pg_sleep(3600)'))
  return { place, keyId, leg, ended }
}

/** Makes keys of pinned accounts that may read both databases. */
async function makeKeys({ store }: House, { api }: FaultyInstance, count: number): Promise<Key[]> {
  const keys: Key[] = []
  const records = new AccountRecords(store)
  for (let nth = 0; keys.length < count; nth++) {
    const account = `robots-${String(nth)}`
    const scope = { type: 'pinned' as const, role: 'reader' as const, databases: ['shop', 'shop-2'] }
    await api.POST('/v1/service-accounts', { body: { name: account, scope } })
    const { value: record } = await records.loadAccount(account)
    if (!record) throw new Error('the account is not there')
    await inTurns(KEYS_AN_ACCOUNT, async () => {
      const { keyId: id, token } = mintToken()
      const { storedKey, serverKey } = deriveKeys(await saltPassword({ password: token, ...record.scram }))
      // The hash is for listeners that ask for the token itself, and would take most of the time here.
      const credential = { argon2: '$argon2id$unused', storedKey, serverKey }
      await withTransaction(store, tx => createKey(tx, { id, accountId: record.id, credential }, KEYS_AN_ACCOUNT))
      keys.push({ account, id, token })
    })
  }
  return keys
}

async function inTurns(count: number, act: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += AT_A_TIME) {
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - at) }, (_, each) => act(at + each)))
  }
}
