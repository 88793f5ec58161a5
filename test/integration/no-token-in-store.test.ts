// A live token, put by mistake into every place of every request and of a start-up packet, and then looked for in all that
// Postern keeps, logs and answers.

import pg from 'pg'
import t from 'tap'
import { Passwords } from '../../src/auth/password.js'
import { createPersonalAccount } from '../../src/store/account-lifecycle.js'
import { placesOf, type ApiDocument, type Attempt } from '../support/token-places.js'
import { watchSecret } from '../support/leak-watch.js'
import { makeWorld, type Member } from '../support/world.js'
import { drive, until } from '../proxy/observe.js'

const PASSWORD = 'correct horse battery staple'
/** Requests under way at a time. */
const CONCURRENCY = 8
/** As much of a secret in a row is a leak. */
const LEAK = 12
/** What becomes of a token that is copied, wrapped or encoded: one for each place of a request. */
const FORMS: readonly ((token: string) => string)[] = [
  token => `${token.slice(0, 18)} ${token.slice(18)}`,
  token => `pstn_\t${token.slice(5, 18)}   ${token.slice(18)}`,
  token => `${token.slice(0, 30)} ${token.slice(30)}`,
  token => `%70stn%255F${token.slice(5)}`,
  token => `pst\nn_${token.slice(5)}`,
  token => token.replaceAll('_', '&#95;'),
  token => token.replaceAll('_', '\\_'),
]

void t.test(
  'a token gets into no table, no log line and no answer, wherever it is put',
  { timeout: 300_000 },
  async t => {
    const world = await makeWorld(t, {
      only: 'both',
      env: {
        POSTERN_SESSIONS_REPORT: '1s',
        POSTERN_AUDIT_LOGINS: 'all',
        POSTERN_API_RATE_LIMIT_REQUESTS: '1000000',
        POSTERN_API_RATE_LIMIT_TOKEN_REVOCATIONS: '1000000',
        POSTERN_API_TRUSTED_PROXIES: '["127.0.0.1"]',
        POSTERN_CONSOLE_FAILURES_PER_ACCOUNT: '1000',
        POSTERN_CONSOLE_FAILURES_PER_ADDRESS: '10000',
        POSTERN_FAILED_LOGINS_PER_NETWORK: '100000',
      },
    })
    const api = world.instance.api ?? ''
    const passwordHash = await new Passwords({ concurrency: 1, maxQueue: 10 }).hash(PASSWORD)
    const person = (email: string) => createPersonalAccount(world.store, { email, orgRole: 'member', passwordHash })
    const [leaky, spare] = [await world.account(), await world.account({ name: 'spare' })]
    const [admin, member] = [await world.key(world.admin), await world.key(await person('ada@example.com'))]
    await person('nina@example.com')
    const leaks = leakFinder(leaky.token.slice(leaky.token.lastIndexOf('_') + 1))
    t.ok(leaks(`x${leaky.token}y`), 'it would be found')

    await t.test('start-up packets', async t => {
      const robot = await world.account()
      const { token } = leaky
      for (const listener of ['scram', 'password'] as const) {
        await refused(world.uri({ ...robot, name: token }, { listener }))
        await refused(world.uri({ ...leaky, name: robot.name }, { listener }))
        await refused(world.uri(robot, { listener, database: token }))
        await refused(world.uri(robot, { listener }), { options: `-c ${token}=${token}` })
      }
      for (const form of FORMS) {
        await refused(world.uri({ ...robot, name: form(token) }))
        await refused(world.uri(robot, { database: form(token) }))
        await refused(world.uri(robot), { options: `-c ${form(token)}=1` })
      }
      const named = [
        token,
        ...FORMS.map(form => form(token)),
        `${'x'.repeat(40)}${token}`,
        `${token.slice(0, 40)}\u200b${token.slice(40)}`,
        token.toUpperCase(),
      ]
      for (const name of named) await drive(t, world.uri(robot), { application_name: name })
      await until('the sessions and the use of the key are reported', async () => {
        const [row] = await world.store.run<{ sessions: string; uses: string }>(
          'look',
          `select (select count(*) from postern.live_sessions where account = $1) as sessions,
           (select count(*) from postern.key_uses where key_id = $2) as uses`,
          [robot.name, robot.keyId],
        )
        return row?.sessions === String(named.length) && row.uses === '1'
      })
      t.same(await tablesWith(world.storeUrl, leaks), [])
    })

    await t.test('requests', async t => {
      const document = (await (await fetch(`${api}/openapi.json`)).json()) as ApiDocument
      const names = {
        account: 'spare',
        name: 'shop',
        group: 'staff',
        email: 'nina@example.com',
        id: spare.keyId,
        address: '192.0.2.1',
      }
      // What takes away what others need comes last, and what ends the token last of all.
      const order = ({ method, path }: Attempt) =>
        path.startsWith('/v1/keys/revoke') ? 2 : method === 'DELETE' ? 1 : 0
      const attempts = placesOf(document, leaky.token, names).sort((a, b) => order(a) - order(b))
      t.ok(attempts.length > 300, `${attempts.length} places`)
      const inForms = FORMS.map(form => placesOf(document, form(leaky.token), names))
      const broken = (inForms[0] ?? [])
        .map((attempt, index) => inForms[index % FORMS.length]?.[index] ?? attempt)
        .filter(({ headers }) => !Object.values(headers).some(value => value.includes('\n')))
        .sort((a, b) => order(a) - order(b))
      await ask(api, admin, { method: 'POST', path: '/v1/groups', body: { name: 'staff' }, headers: {} })
      const tryAs = async (caller: Member | null, attempt: Attempt) => {
        const { status, text } = await ask(api, caller, attempt)
        if (leaks(text)) t.fail(`${attempt.place}: the answer has the token`)
        if (status >= 500 && status !== 502) t.fail(`${attempt.place}: ${status}`)
      }
      await inTurns(broken, attempt => tryAs(admin, attempt))
      await inTurns(attempts, async attempt => {
        for (const caller of [null, member, admin]) await tryAs(caller, attempt)
      })
      t.pass('asked as nobody, as a member and as an admin')
    })

    await t.test('a person who signs in', async t => {
      const headers = { 'user-agent': `Browser/1 ${leaky.token}`, 'x-forwarded-for': leaky.token }
      const body = { email: 'ada@example.com', password: PASSWORD }
      t.equal((await ask(api, null, { method: 'POST', path: '/v1/login', body, headers })).status, 200)
    })

    await world.instance.stop()
    t.same(await tablesWith(world.storeUrl, leaks), [], 'with all that waited to be written')
    t.same(
      world.log.filter(line => leaks(JSON.stringify(line))),
      [],
    )
    const [kept] = await queried(
      world.storeUrl,
      `select count(*) from postern.audit_events where target like '%${leaky.keyId}_[redacted]%'`,
    )
    t.not(kept?.['count'], '0', 'an admin can see whose token it was')
    watchSecret(leaky.token)
  },
)

async function ask(
  api: string,
  caller: Member | null,
  { method, path, body, headers }: Omit<Attempt, 'place'>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${api}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(caller && { authorization: `Bearer ${caller.token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: JSON.stringify([...response.headers]) + (await response.text()) }
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const turns = Array.from({ length: CONCURRENCY }, async () => {
    for (const item of waiting) await work(item)
  })
  await Promise.all(turns)
}

async function refused(uri: string, config: pg.ClientConfig = {}): Promise<void> {
  const client = new pg.Client({ connectionString: uri, ...config })
  client.on('error', () => undefined)
  await client.connect().catch(() => undefined)
  await client.end().catch(() => undefined)
}

/** Finds a part of the secret in a text, in whatever case and with whatever between its characters. */
function leakFinder(secret: string): (text: string) => boolean {
  const parts = Array.from({ length: secret.length - LEAK + 1 }, (_, at) => secret.slice(at, at + LEAK).toLowerCase())
  return text => {
    const plain = text.toLowerCase().replace(/[^0-9a-z]/g, '')
    return parts.some(part => plain.includes(part))
  }
}

/** The tables of the whole store that hold what is looked for, with their columns and rows, binary ones too. */
async function tablesWith(url: string, holds: (text: string) => boolean): Promise<string[]> {
  const columns = await queried(
    url,
    `select c.table_schema, c.table_name, c.column_name, c.data_type from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema')`,
  )
  if (columns.length < 50) throw new Error('the store has hardly any columns')
  const texts = columns.map(({ table_schema: schema, table_name: table, column_name: column, data_type: type }) => {
    const [name, from] = [column, `${String(schema)}.${String(table)}`].map(String)
    const text = type === 'bytea' ? `encode("${name}", 'escape')` : `"${name}"::text`
    return `select '${from}.${name}' as place, ${text} as text from ${from} where "${name}" is not null`
  })
  const rows = await queried(url, texts.join(' union all '))
  return [...new Set(rows.filter(({ text }) => holds(String(text))).map(({ place }) => String(place)))]
}

async function queried(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
