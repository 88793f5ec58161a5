// What can be seen of a world from outside: the database's own sessions, the metrics, the log; and waiting for them.

import pg from 'pg'
import type { Test } from 'tap'
import type { World } from '../support/world.js'

/** Waits until the condition holds; rejects when it does not within the time, which only has to be longer than a busy
 * machine takes. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<number> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return performance.now() - startedAt
}

/** A look past the proxy, as the database's superuser. */
export interface Witness {
  readonly client: pg.Client
  /** The database's sessions that go by this application name: the account's, unless the client gave another. */
  backends(applicationName: string): Promise<{ pid: number; state: string; query: string; wait: string | null }[]>
}

export async function makeWitness(t: Test, world: World): Promise<Witness> {
  const client = new pg.Client(world.direct)
  await client.connect()
  t.teardown(() => client.end())
  return {
    client,
    async backends(applicationName) {
      const { rows } = await client.query<{ pid: number; state: string; query: string; wait: string | null }>(
        `select pid, state, query, wait_event as wait from pg_stat_activity
         where application_name = $1 and datname = current_database()`,
        [applicationName],
      )
      return rows
    },
  }
}

/** A driver's session through the proxy, with the error that ends it. */
export interface Driver {
  readonly client: pg.Client
  /** The error that ended the session. */
  readonly ended: Promise<Error & { code?: string; detail?: string }>
}

/** Connects with a driver; what is left of it is closed with the test. */
export async function drive(t: Test, uri: string, config: pg.ClientConfig = {}): Promise<Driver> {
  const client = new pg.Client({ connectionString: uri, ...config })
  const ended = new Promise<Error>(resolve => client.on('error', resolve))
  await client.connect()
  t.teardown(() => client.end().catch(() => undefined))
  return { client, ended }
}

/** Waits until the proxy has read, and acted on, all changes up to now. */
export async function seen(world: World): Promise<void> {
  const { changes, revocations } = world.instance.knowledge
  const { head } = await changes.readChanges(0, 1)
  await until('the proxy has read all changes', () => revocations.head >= head)
  // What it found is acted on within a few turns, and needs the store for it.
  for (let turn = 0; turn < 3; turn++) await changes.readChanges(head, 1)
}

/** Shows that a session goes on. */
export async function stands(t: Test, { client }: Driver): Promise<void> {
  t.equal((await client.query('select 1')).rowCount, 1, 'the session stands')
}

/** The role that a session is logged in as. */
export async function whoIs({ client }: Driver): Promise<string> {
  const { rows } = await client.query<{ who: string }>('select current_user as who')
  return rows[0]?.who ?? ''
}

/** The value of a metric, or the sum over all series that have these labels. */
export async function metric(
  world: Pick<World, 'metrics'>,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return (await world.metrics())
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter(line => wanted.every(label => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
