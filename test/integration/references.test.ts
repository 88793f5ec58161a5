// References that were really given out, in every form that people paste: each leads to its event.

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { createPersonalAccount } from '../../src/store/account-lifecycle.js'
import { runCli } from '../cli/world-cli.js'
import { until } from '../proxy/observe.js'
import { missing, run } from '../support/tools.js'
import { makeWorld } from '../support/world.js'

interface Event {
  readonly seq: number
  readonly reason: string
  readonly reference: string
}

void t.test('references', { skip: missing('psql') }, async t => {
  const world = await makeWorld(t, { only: 'both', env: { POSTERN_SESSIONS_REPORT: '1s' } })
  const api = world.instance.api ?? ''
  const admin = await world.key(world.admin)
  const mia = await world.key(
    await createPersonalAccount(world.store, { email: 'mia@example.com', orgRole: 'member', passwordHash: null }),
  )
  const ask = (path: string, token: string, body?: object) =>
    fetch(`${api}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
  const byApi = async (reference: string) => {
    const answer = await ask(`/v1/audit-events?reference=${encodeURIComponent(reference)}`, admin.token)
    return ((await answer.json()) as { items?: Event[] }).items
  }
  const byCli = async (reference: string) => {
    const env = { POSTERN_API_URL: api, POSTERN_API_KEY: admin.token }
    const { code, out } = await runCli(['audit', 'list', '--json', '--reference', reference], { env })
    return code === 0 ? (JSON.parse(out) as Event[]) : undefined
  }

  await t.test('of a login that psql was refused', async t => {
    const robot = await world.account()
    const { stderr } = await run('psql', [world.uri({ ...robot, token: mintToken().token })])
    const [, reference = ''] = /Reference: (\S+)/.exec(stderr) ?? []
    await until('the refusal is in the audit log', async () => (await byApi(reference))?.length === 1)
    const forms = [
      reference,
      reference.toLowerCase(),
      `Reference: ${reference}`,
      `Reference:${reference}`,
      `DETAIL:  Reference: ${reference}`,
      `"${reference}"`,
      `'${reference.toLowerCase()}'`,
      `(${reference})`,
      `  ${reference}\n`,
      stderr,
      stderr.replaceAll('\n', ' '),
      stderr.replaceAll('\n', ''),
      `$ psql shop\n${stderr}$ `,
    ]
    for (const form of forms) {
      for (const find of [byApi, byCli]) t.match(await find(form), [{ reference, reason: 'wrong_token' }], form)
    }
  })

  await t.test('of a problem of the API', async t => {
    const problem = await (await ask('/v1/groups', mia.token, { name: 'analysts' })).text()
    const { instance } = JSON.parse(problem) as { instance: string }
    const bare = instance.replace('urn:uuid:', '')
    const forms = [
      instance,
      instance.toUpperCase(),
      bare,
      bare.toUpperCase(),
      `Reference ${bare}`,
      `Reference:${instance}`,
      `"${instance}"`,
      `  ${bare}\n`,
      problem,
      JSON.stringify(JSON.parse(problem), null, 2),
      `hint: give ${instance} to an admin: the log has the details`,
    ]
    for (const form of forms) {
      const expected = [{ reference: instance, reason: 'permission_denied' }]
      for (const find of [byApi, byCli]) t.match(await find(form), expected, form)
    }
  })
})
