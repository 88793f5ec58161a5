// Logins against real servers: every method that Postgres has, both protocol versions, and what servers say no with.

import t, { type Test } from 'tap'
import { parseBackendMessage } from '../../src/wire/backend-decode.js'
import { binary, utf8 } from '../../src/wire/binary-string.js'
import { PacketReader } from '../../src/wire/packets.js'
import { sendCancel } from '../../src/upstream/cancel.js'
import { query } from '../../src/wire/frontend.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import type { UpstreamSession } from '../../src/upstream/login.js'
import { failureOf, logInAs } from './log-in-as.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

const HBA = [
  'host all md5_user 127.0.0.1/32 md5',
  'host all clear_user 127.0.0.1/32 password',
  'host all trusted_user 127.0.0.1/32 trust',
  'host all barred_user 127.0.0.1/32 reject',
]

const ROLES = `
  CREATE ROLE scram_user LOGIN PASSWORD 'of scram';
  CREATE ROLE clear_user LOGIN PASSWORD 'of clear';
  CREATE ROLE trusted_user LOGIN;
  CREATE ROLE limited_user LOGIN PASSWORD 'of limited' CONNECTION LIMIT 0;
  CREATE ROLE "Zoë, =3D" LOGIN PASSWORD 'pä‐ss ﬁ';
  SET password_encryption = 'md5';
  CREATE ROLE md5_user LOGIN PASSWORD 'of md5';`

for (const version of VERSIONS) {
  void t.test(`on Postgres ${version}`, { skip: whySkip(version) }, async t => {
    const server = await startServer(t, { version, hba: HBA })
    await server.sql(ROLES)
    await theMethods(t, server)
    await theRefusals(t, server)
    await theSession(t, server)
    await theEnd(t, server)
  })
}

async function theMethods(t: Test, { target, socketDir, sql }: Server): Promise<void> {
  const unixSocket = { ...target, host: socketDir }
  await t.test('logs in with SCRAM, MD5 and cleartext', async t => {
    for (const [user, password] of [
      ['scram_user', 'of scram'],
      ['md5_user', 'of md5'],
      ['clear_user', 'of clear'],
      ['trusted_user', 'not asked for'],
    ] as const) {
      const session = await logInAs(t, target, { user, password })
      t.equal(session.transactionStatus, 'I', user)
      t.equal(await currentUser(session), user)
    }
  })

  await t.test('logs in over a Unix socket', async t => {
    const session = await logInAs(t, unixSocket, { user: 'scram_user', password: 'of scram' })
    t.equal(await currentUser(session), 'scram_user')
  })

  await t.test('sends names and passwords in UTF-8, prepared as SASLprep says', async t => {
    const user = 'Zoë, =3D'
    const session = await logInAs(t, target, { user, password: 'pä‐ss ﬁ' })
    t.equal(await currentUser(session), user)
  })

  await t.test('salts a password once for many logins, and anew after it has changed', async t => {
    const saltedPasswords = new SaltedPasswords()
    const user = 'scram_user'
    await Promise.all([1, 2, 3].map(() => logInAs(t, target, { user, password: 'of scram', saltedPasswords })))
    t.equal(saltedPasswords.size, 1)
    await sql(`ALTER ROLE scram_user PASSWORD 'another'`)
    t.equal(
      (await failureOf(logInAs(t, target, { user, password: 'of scram', saltedPasswords }))).kind,
      'login_refused',
    )
    await logInAs(t, target, { user, password: 'another', saltedPasswords })
    await sql(`ALTER ROLE scram_user PASSWORD 'of scram'`)
  })
}

async function theRefusals(t: Test, { target, sql }: Server): Promise<void> {
  const scramUser = { user: 'scram_user', password: 'of scram' }

  await t.test('tells a refused login from other errors', async t => {
    for (const [user, sqlstate] of [
      ['scram_user', '28P01'],
      ['md5_user', '28P01'],
      ['clear_user', '28P01'],
      ['nobody_here', '28P01'],
      ['barred_user', '28000'],
    ] as const) {
      const error = await failureOf(logInAs(t, target, { user, password: 'wrong' }))
      t.match(error, { kind: 'login_refused', sqlstate }, user)
      t.notMatch(error.message, 'wrong', 'no password in the message')
      t.notMatch(error.message, user, 'none of the words of the server')
    }
  })

  await t.test("keeps the server's own error byte for byte", async t => {
    const error = await failureOf(logInAs(t, target, { ...scramUser, dbname: 'nowhere' }))
    t.match(error, { kind: 'server', sqlstate: '3D000' })
    const reader = new PacketReader()
    reader.push(error.raw ?? Buffer.alloc(0))
    const message = reader.readMessage(10_000)
    const parsed = message && parseBackendMessage(message)
    t.equal(reader.buffered, 0)
    t.equal(parsed?.kind === 'error' && parsed.fields.get('M'), 'database "nowhere" does not exist')
    t.equal(parsed?.kind === 'error' && parsed.fields.get('F'), 'postinit.c')
  })

  await t.test('passes on that there are too many connections', async t => {
    const error = await failureOf(logInAs(t, target, { user: 'limited_user', password: 'of limited' }))
    t.match(error, { kind: 'server', sqlstate: '53300' })
  })

  await t.test('passes on that the login may not connect to the database', async t => {
    await sql(`CREATE DATABASE closed`)
    await sql(`REVOKE CONNECT ON DATABASE closed FROM PUBLIC`)
    const error = await failureOf(logInAs(t, target, { ...scramUser, dbname: 'closed' }))
    t.match(error, { kind: 'server', sqlstate: '42501' })
  })

  await t.test('passes on that a start-up parameter is unknown', async t => {
    const parameters = new Map([['no_such_setting', '1']])
    t.match(await failureOf(logInAs(t, target, { ...scramUser, parameters })), { kind: 'server', sqlstate: '42704' })
  })
}

async function theSession(t: Test, { target, version, sql }: Server): Promise<void> {
  const scramUser = { user: 'scram_user', password: 'of scram' }

  await t.test('passes start-up parameters through, byte for byte', async t => {
    const parameters = new Map([
      ['application_name', binary('tëst')],
      ['options', '-c postern.key=abc -c search_path=x'],
      ['DateStyle', 'German'],
      ['user', 'somebody_else'],
      ['database', 'elsewhere'],
    ])
    const session = await logInAs(t, target, { ...scramUser, parameters })
    const asked = await firstValue(
      session,
      `SELECT current_user || ' ' || current_database() || ' ' || current_setting('postern.key') || ' ' ||
              current_setting('search_path')`,
    )
    t.equal(asked, 'scram_user postgres abc x')
    t.equal(session.parameterStatus.get('DateStyle'), 'German, DMY')
    t.ok(session.parameterStatus.has('server_version'))
  })

  await t.test('asks for protocol 3.2 and takes what the server chooses', async t => {
    const session = await logInAs(t, target, { ...scramUser, minor: 2 })
    t.equal(session.minor, version >= 18 ? 2 : 0)
    t.equal(session.backendKeyData?.secretKey.length, version >= 18 ? 32 : 4)
    t.equal((await logInAs(t, target, scramUser)).backendKeyData?.secretKey.length, 4, 'and 3.0 has short keys')
  })

  await t.test('keeps the notices of a login', { skip: version < 18 && 'login triggers came with 17' }, async t => {
    await sql(`CREATE DATABASE talkative`)
    await sql(
      `CREATE FUNCTION hello() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hello'; END $$;
       CREATE EVENT TRIGGER hello ON login EXECUTE FUNCTION hello()`,
      'talkative',
    )
    const { notices } = await logInAs(t, target, { ...scramUser, dbname: 'talkative' })
    t.equal(notices.length, 1)
    t.match(notices[0]?.toString(), /^N.*Mhello/s)
  })

  await t.test('cancels what a session runs, with short keys and long', async t => {
    for (const minor of [0, 2] as const) {
      const session = await logInAs(t, target, { ...scramUser, minor })
      const key = session.backendKeyData ?? { processId: 0, secretKey: Buffer.alloc(4) }
      const answer = errorOf(session, 'SELECT pg_sleep(60)')
      await untilActive(sql, key.processId)
      await sendCancel(target, key, { timeoutMs: 5_000 })
      t.equal(await answer, '57014')
    }
  })

  await t.test('cancels nothing with a wrong key', async t => {
    const session = await logInAs(t, target, scramUser)
    const processId = session.backendKeyData?.processId ?? 0
    const answer = firstValue(session, `SELECT 'undisturbed' FROM pg_sleep(0.3)`)
    await untilActive(sql, processId)
    await sendCancel(target, { processId, secretKey: Buffer.from([0, 0, 0, 0]) }, { timeoutMs: 5_000 })
    t.equal(await answer, 'undisturbed')
  })
}

async function theEnd(t: Test, { target, signal }: Server): Promise<void> {
  await t.test('passes on that the server shuts down', async t => {
    const scramUser = { user: 'scram_user', password: 'of scram' }
    await logInAs(t, target, scramUser)
    // A smart shutdown waits for the session above, and lets nobody else in.
    signal('SIGTERM')
    const error = await failureOf(
      (async () => {
        for (;;) (await logInAs(t, target, scramUser)).leg.destroy()
      })(),
    )
    t.match(error, { kind: 'server', sqlstate: '57P03' })
  })
}

async function untilActive(sql: Server['sql'], processId: number): Promise<void> {
  for (;;) {
    const [row] = await sql(`SELECT state, wait_event FROM pg_stat_activity WHERE pid = ${processId}`)
    if (row?.['state'] === 'active' && row['wait_event'] === 'PgSleep') return
  }
}

async function currentUser(session: UpstreamSession): Promise<string | undefined> {
  return firstValue(session, 'SELECT current_user')
}

async function firstValue(session: UpstreamSession, sql: string): Promise<string | undefined> {
  const row = (await messagesOf(session, sql)).find(({ type }) => type === 'D')
  // DataRow: two bytes of count, four of the first value's length.
  return row && utf8(row.body.subarray(6).toString('latin1'))
}

async function errorOf(session: UpstreamSession, sql: string): Promise<string | undefined> {
  const message = (await messagesOf(session, sql)).find(({ type }) => type === 'E')
  const parsed = message && parseBackendMessage(message)
  return parsed?.kind === 'error' ? parsed.fields.get('C') : undefined
}

function messagesOf({ leg }: UpstreamSession, sql: string): Promise<{ type: string; body: Buffer }[]> {
  return new Promise((resolve, reject) => {
    const reader = new PacketReader()
    const messages: { type: string; body: Buffer }[] = []
    leg.onError = reject
    leg.onEnd = () => reject(new Error('closed'))
    leg.setSink(chunk => {
      reader.push(Buffer.from(chunk))
      for (let message; (message = reader.readMessage(100_000));) messages.push(message)
      if (messages.at(-1)?.type === 'Z') resolve(messages)
      return true
    })
    leg.socket.write(query(sql))
  })
}
