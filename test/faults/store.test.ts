// The store fails while sessions live: instances go on with what they know, and are whole again when it is.

import t, { type Test } from 'tap'
import { ApiError } from '../../src/sdk/client.js'
import { drive, until, type Driver } from '../proxy/observe.js'
import { fallibleServer } from '../support/fallible-server.js'
import { testServer } from '../support/postgres.js'
import { scenario } from './scenarios.js'
import { setStage, type FaultyInstance, type Member } from './stage.js'

void t.test('the store', async t => {
  const [server, upstream] = await Promise.all([fallibleServer(t), testServer(t)])
  const stage = await setStage(t, { server, upstream })
  const instance = await stage.instance()
  const [database] = await stage.store.run<{ name: string }>('name the store', 'select current_database() as name')
  const name = database?.name ?? ''
  const run = (sql: string) => stage.store.run('break the store', sql)

  await scenario(t, 'store-restarted', async t => {
    const { known, doomed, end } = await cast(t)
    await server.kill()
    await goesOn(t, known)
    await server.start()
    await isWhole(instance)
    await end()
    t.match(await doomed.ended, { code: '57P01', message: /the API key was revoked/ })
  })

  await scenario(t, 'store-errors', async t => {
    const { known, doomed, member } = await cast(t)
    await run('alter table postern.changes rename to changes_away')
    await listIsNotRead(instance)
    await goesOn(t, known)
    await run(`begin; alter table postern.changes_away rename to changes;
      update postern.api_keys set revoked_at = now() where id = '${member.keyId}'; commit`)
    t.match(await doomed.ended, { code: '57P01', message: /the API key was revoked/ })
    await isWhole(instance)
  })

  await scenario(t, 'store-full', async t => {
    const { known, doomed, member, end } = await cast(t)
    // Settings of the database hold for new connections: the old ones are ended, and waited for.
    const rejoin = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    await run(`alter database ${name} set default_transaction_read_only = on`)
    await run(rejoin)
    t.not(await refusedCode(end()), null, 'it is not acknowledged')
    const read = await refreshes(instance, 'ok')
    await until('the list is read', async () => (await refreshes(instance, 'ok')) > read)
    await goesOn(t, known)
    await goesOn(t, { ...doomed, member })
    t.equal(await refusedCode(end()), 'store_unavailable')
    await run(`begin read write; alter database ${name} reset default_transaction_read_only; commit`)
    await run(rejoin)
    await until('the revocation is acknowledged', async () => (await refusedCode(end())) === null)
    t.match(await doomed.ended, { code: '57P01', message: /the API key was revoked/ })
    await isWhole(instance)
  })

  await scenario(t, 'store-standby', async t => {
    const { known, doomed, end } = await cast(t)
    await server.kill()
    await server.startAsStandby()
    await listIsNotRead(instance)
    await goesOn(t, known)
    t.equal(await refusedCode(end()), 'store_unavailable')
    await server.promote()
    await isWhole(instance)
    await end()
    t.match(await doomed.ended, { code: '57P01', message: /the API key was revoked/ })
  })

  await scenario(t, 'start-without-store', async t => {
    const { known } = await cast(t)
    const late = await stage.instance({ mode: 'drop' })
    await t.rejects(drive(t, late.uri(known.member)), { code: '57P03', message: /starting up/ })
    const { status, reasons } = await late.ready()
    t.equal(status, 503)
    t.ok(reasons.includes('the revocation list has not been loaded'))
    t.equal(await late.live(), 200)
    late.wire.set('pass')
    late.wire.cut()
    await isWhole(late)
    await drive(t, late.uri(known.member))
    late.process.kill('SIGKILL')
    await late.process.ended
  })

  /** Two sessions: one that goes on, and one that will end. */
  async function cast(t: Test) {
    const [stays, member] = [await stage.account(instance), await stage.account(instance)]
    const known = { ...(await drive(t, instance.uri(stays))), member: stays }
    const doomed = await drive(t, instance.uri(member))
    const end = () => instance.api.POST('/v1/keys/{id}/revoke', { params: { path: { id: member.keyId } } })
    return { known, doomed, member, end }
  }

  /** Shows that a session stands, and that another one begins. */
  async function goesOn(t: Test, { client, member }: Driver & { member: Member }): Promise<void> {
    t.equal((await client.query('select 1')).rowCount, 1, 'the session stands')
    await drive(t, instance.uri(member))
  }
})

/** Waits until a read of the list that begins from now on has failed. */
async function listIsNotRead(instance: FaultyInstance): Promise<void> {
  const failed = await refreshes(instance, 'failed')
  // One more than the one that may have been under way.
  await until('the list can not be read', async () => (await refreshes(instance, 'failed')) > failed + 1)
}

function refreshes(instance: FaultyInstance, outcome: string): Promise<number> {
  return instance.metric('postern_revocation_refreshes_total', { outcome })
}

async function isWhole(instance: FaultyInstance): Promise<void> {
  const ok = await refreshes(instance, 'ok')
  await until('the list is read', async () => (await refreshes(instance, 'ok')) > ok)
  await until('changes are pushed', async () => (await instance.metric('postern_revocation_push_up')) === 1)
  await until('it is ready', async () => (await instance.ready()).status === 200)
}

/** The code of the problem that the API answers with, or null for a success. */
async function refusedCode(answer: Promise<unknown>): Promise<string | null> {
  try {
    await answer
    return null
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}
