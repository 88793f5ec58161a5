// SQL over a session of our own: rows, errors, and a bound on time and size.

import t from 'tap'
import * as backend from '../../src/wire/backend.js'
import { query, QueryError } from '../../src/upstream/query.js'
import { identifier, literal } from '../../src/upstream/quote.js'
import { fakeServer, inTurn } from './fake-server.js'
import { failureOf, logInAs } from './log-in-as.js'
import { startServer } from './servers.js'

void t.test('against Postgres', async t => {
  const { target, superuser } = await startServer(t, { version: 18 })

  await t.test('gives rows as text, of the last statement that has any', async t => {
    const session = await logInAs(t, target, superuser)
    t.same(
      await query(session, `SELECT 1 AS x; SELECT 2 AS a, NULL AS b, 'ü' AS c UNION ALL SELECT 3, '', ''; BEGIN`),
      {
        rows: [
          { a: '2', b: null, c: 'ü' },
          { a: '3', b: '', c: '' },
        ],
      },
    )
    t.same(await query(session, ''), { rows: [] })
  })

  await t.test('goes on after an error', async t => {
    const session = await logInAs(t, target, superuser)
    await t.rejects(query(session, 'SELECT 1/0'), {
      name: 'QueryError',
      sqlstate: '22012',
      message: 'division by zero',
    })
    t.same((await query(session, 'SELECT 1 AS x')).rows, [{ x: '1' }])
  })

  await t.test('ends the session when an answer is too slow or too big', async t => {
    for (const [sql, limits, kind] of [
      ['SELECT pg_sleep(60)', { timeoutMs: 20 }, 'timeout'],
      [`SELECT repeat('x', 100000)`, { maxBytes: 50_000 }, 'protocol'],
      ['SELECT pg_terminate_backend(pg_backend_pid())', {}, 'unreachable'],
    ] as const) {
      const session = await logInAs(t, target, superuser)
      const failure = query(session, sql, limits).catch((error: unknown) => {
        // The server says FATAL, then closes.
        if (error instanceof QueryError) return query(session, 'SELECT 1')
        throw error
      })
      t.equal((await failureOf(failure)).kind, kind)
      t.equal(session.socket.destroyed, true)
    }
  })

  await t.test('quotes names and texts so that they mean themselves', async t => {
    const session = await logInAs(t, target, superuser)
    for (const setting of ['on', 'off']) {
      await query(session, `SET standard_conforming_strings = ${setting}`)
      for (const text of [`it's`, `back\\slash`, `\\'; DROP TABLE x; --`, `"double"`, 'ü', '']) {
        const { rows } = await query(session, `SELECT ${literal(text)} AS ${identifier(`${text}"x`)}`)
        t.same(rows, [{ [`${text}"x`]: text }])
      }
    }
  })
})

void t.test('a notice cut in two around a query is read as one', async t => {
  const notice = backend.noticeResponse({ severity: 'NOTICE', code: '00000', message: 'by the way' })
  const ready = backend.readyForQuery('I')
  const greeting = Buffer.concat([backend.authenticationOk(), ready, notice.subarray(0, 7)])
  const { target } = await fakeServer(t, inTurn(greeting, Buffer.concat([notice.subarray(7), ready])))
  t.same(await query(await logInAs(t, target, { user: 'me', password: '' }), 'SELECT'), { rows: [] })
})
