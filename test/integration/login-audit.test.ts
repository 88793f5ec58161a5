// Logins at the proxy in the audit log: the reference that a client was given leads to the true reason.

import pg from 'pg'
import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { disableAccount } from '../../src/store/account-lifecycle.js'
import { listAuditEvents, type AuditEvent } from '../../src/store/audit.js'
import { makeWorld, type World } from '../support/world.js'
import { drive, until } from '../proxy/observe.js'
import { testServer } from '../support/postgres.js'

const REPORT = { POSTERN_SESSIONS_REPORT: '1s' }

void t.test('logins', async t => {
  const server = await testServer(t)

  void t.test('that are refused are told with their true reason, under the reference that the client has', async t => {
    const world = await makeWorld(t, { server, env: REPORT })
    const [robot, retired, off] = [await world.account(), await world.account(), await world.account()]
    await world.revoke(retired)
    await disableAccount(world.store, off.id)
    const wrong = { ...robot, token: mintToken().token }
    const claimed = { actor: null, via: 'proxy', action: 'session.open', outcome: 'refused', address: '127.0.0.1' }
    for (const listener of ['scram', 'password'] as const) {
      const refused = (member: typeof robot, database?: string) =>
        refusalOf(world, world.uri(member, { listener, ...(database !== undefined && { database }) }))
      t.match(await refused(wrong), { ...claimed, target: robot.name, actorKey: null, reason: 'wrong_token' })
      t.match(await refused(retired), {
        ...claimed,
        target: retired.name,
        actorKey: retired.keyId,
        reason: 'revoked',
      })
      t.match(await refused(off), { ...claimed, target: off.name, actorKey: off.keyId, reason: 'disabled' })
      const denied = await refused(robot, 'no-such-database')
      t.match(denied, { actor: robot.name, actorKey: robot.keyId, target: 'no-such-database', outcome: 'refused' })
    }
  })

  void t.test('a name that is no account is never kept: it may be a token', async t => {
    const world = await makeWorld(t, { server, env: REPORT })
    const robot = await world.account()
    const pasted = { ...robot, name: mintToken().token }
    const event = await refusalOf(world, world.uri(pasted, { database: 'shop' }))
    t.match(event, { actor: null, target: null, reason: 'unknown_account' })
    const database = await refusalOf(world, world.uri(robot, { database: pasted.name }))
    t.match(database, { actor: robot.name, target: `${pasted.name.slice(0, 18)}[redacted]` })
    const rows = await world.store.run<{ text: string }>('look', 'select e::text as text from postern.audit_events e')
    for (const { text } of rows) t.notMatch(text, pasted.name)
  })

  void t.test('a program that tries for ever makes a few rows, and a count of the rest', async t => {
    const world = await makeWorld(t, { server, env: REPORT })
    const robot = await world.account()
    const wrong = { ...robot, token: mintToken().token }
    for (let attempt = 0; attempt < 12; attempt++) await refused(world.uri(wrong))
    const rows = async () => (await listAuditEvents(world.store, { target: robot.name }, { limit: 100 })).items
    await until('the first are told', async () => (await rows()).length === 5)
    world.skip(60_000)
    await until('the rest is told', async () => (await rows()).length === 6)
    t.match((await rows())[0], { reason: 'wrong_token', after: { count: 7 } })
  })

  void t.test('that succeed are told of with audit.logins: all', async t => {
    const world = await makeWorld(t, { server, env: { ...REPORT, POSTERN_AUDIT_LOGINS: 'all' } })
    const robot = await world.account()
    const { client } = await drive(t, world.uri(robot), { application_name: 'etl' })
    await client.query('select 1')
    await client.end()
    const rows = async () => (await listAuditEvents(world.store, { actor: robot.name }, { limit: 10 })).items
    await until('both ends are told', async () => (await rows()).length === 2)
    const [closed, opened] = await rows()
    const about = { actorKey: robot.keyId, target: 'shop', outcome: 'done', via: 'proxy', address: '127.0.0.1' }
    t.match(opened, { ...about, action: 'session.open', after: { role: 'reader', application: 'etl' } })
    t.match(closed, { ...about, action: 'session.close', reason: 'client_closed', reference: opened?.reference })
    t.match(closed?.after, { bytes_from_client: Number, bytes_from_database: Number })
  })

  void t.test(
    'what still waits is written when the instance stops; with audit.logins: none there is nothing',
    async t => {
      const world = await makeWorld(t, { server, env: { POSTERN_SESSIONS_REPORT: '1m' } })
      const silent = await world.another({ env: { POSTERN_AUDIT_LOGINS: 'none' } })
      const waiting = await world.another()
      const robot = await world.account()
      const wrong = { ...robot, token: mintToken().token }
      const references = [
        await refused(world.uri(wrong, { on: silent })),
        await refused(world.uri(wrong, { on: waiting })),
      ]
      await Promise.all([silent.stop(), waiting.stop()])
      const { items } = await listAuditEvents(world.store, { target: robot.name }, { limit: 10 })
      t.strictSame(
        items.map(({ reference }) => reference),
        [references[1]],
      )
    },
  )
})

/** Is refused, and returns the reference that the client was given. */
async function refused(uri: string): Promise<string> {
  const client = new pg.Client(uri)
  const error = (await client.connect().catch((failure: unknown) => failure)) as { detail?: string }
  return /Reference: (\S+)/.exec(error.detail ?? '')?.[1] ?? ''
}

/** Is refused, and returns what the audit log has under the client's reference. */
async function refusalOf({ store }: World, uri: string): Promise<AuditEvent> {
  const reference = await refused(uri)
  let found: AuditEvent | undefined
  await until(`${reference} is in the audit log`, async () => {
    found = (await listAuditEvents(store, { reference }, { limit: 1 })).items[0]
    return found !== undefined
  })
  return found as AuditEvent
}
