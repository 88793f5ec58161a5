// A PostgreSQL 18 whose queue of notifications is the smallest that the server allows, and a way to fill it. The queue is one for
// the whole server, and a session that listens in an open transaction keeps it from being emptied: manual, "NOTIFY".

import pg from 'pg'
import { asTestServer, startServer } from '../upstream/servers.js'
import type { TestServer } from './postgres.js'

interface Suite {
  teardown(handler: () => Promise<void>): void
}

/** Starts the server; it ends with the test. */
export async function smallQueueServer(t: Suite): Promise<TestServer> {
  // The minimum: 64 pages of 8 kB.
  return asTestServer(await startServer(t, { version: 18, settings: { max_notify_queue_pages: '64' } }))
}

/** Fills the queue over connections with this URL until NOTIFY fails; returns what empties it again. */
export async function fillQueue(t: Suite, url: string): Promise<() => Promise<void>> {
  const [listener, filler] = [new pg.Client(url), new pg.Client(url)]
  for (const client of [listener, filler]) {
    // It may be ended by a revocation.
    client.on('error', () => undefined)
    t.teardown(() => client.end().catch(() => undefined))
    await client.connect()
  }
  await listener.query('listen foo')
  await listener.query('begin')
  await listener.query('select 1')
  await fillUp(filler)
  return async () => {
    await listener.query('rollback')
    // The next notification takes with it what no one needs.
    await filler.query("select pg_notification_queue_usage(), pg_notify('foo', '')").catch(() => undefined)
  }
}

/** Sends notifications until one fails. The queue holds fewer than these. */
export async function fillUp(filler: pg.Client): Promise<void> {
  for (let sent = 0; sent < 1000; sent++) {
    try {
      await filler.query("select pg_notify('foo', repeat('x', 7900) || $1)", [String(sent)])
    } catch (error) {
      if ((error as { code?: string }).code === '54000') return
      throw error
    }
  }
  throw new Error('the queue of notifications did not fill up')
}
