// A token where a name belongs: what the API answers, keeps and tells.

import t from 'tap'
import { listAuditEvents } from '../../src/store/audit.js'
import { addDatabase, group, groupsAccount, worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test(
  'a token is refused as a name, a description, an id and a header, and the answer says what to do',
  async t => {
    const world = await makeWorld(t)
    const admin = await world.person('admin@example.com', 'admin')
    await group(world, admin, { name: 'staff' })
    const robot = await groupsAccount(world, admin, 'robot', ['staff'])
    const { token, keyId } = robot
    const keys = '/v1/accounts/robot/keys'
    const cases = [
      { method: 'POST', path: keys, body: { name: token }, field: 'name' },
      { method: 'POST', path: keys, body: { description: `see ${token}` }, field: 'description' },
      { method: 'PATCH', path: `/v1/keys/${keyId}`, body: { name: token.toLowerCase() }, field: 'name' },
      { method: 'PATCH', path: '/v1/groups/staff', body: { description: `${token.slice(0, 40)}\n${token.slice(40)}` }, field: 'description' }, // prettier-ignore
      { method: 'POST', path: '/v1/service-accounts', body: { name: 'x', scope: { type: 'groups', groups: ['staff', token] } }, field: 'scope.groups[1]' }, // prettier-ignore
      { method: 'POST', path: '/v1/groups', body: { name: 'x', [token]: 1 }, field: `pstn_${keyId}_[redacted]` },
      { method: 'POST', path: `/v1/keys/${token}/revoke`, field: 'id' },
      { method: 'GET', path: `/v1/accounts/${token}/keys`, field: 'account' },
      { method: 'POST', path: `/v1/accounts/${token}/keys`, body: {}, field: 'account' },
      { method: 'GET', path: `/v1/audit-events?target=${token}`, field: 'target' },
      { method: 'POST', path: keys, body: {}, headers: { 'idempotency-key': token }, field: 'Idempotency-Key' },
      { method: 'PATCH', path: '/v1/groups/staff', body: {}, headers: { 'if-match': token }, field: 'If-Match' },
    ] as const
    for (const { method, path, field, ...rest } of cases) {
      const { body, headers } = { body: undefined, headers: {}, ...rest }
      const answer = await world.ask(method, path, admin.token, body, headers)
      t.match(answer.json(), {
        status: 400,
        code: 'invalid_request',
        detail: `\`${field}\` holds an API key token; nothing was stored.`,
        hint: /revoke that key: POST \/v1\/keys\/revoke takes the token\.$/,
        errors: [{ field }],
      })
      t.notMatch(answer.payload, token.slice(-30))
    }
    const { items } = await listAuditEvents(world.store, { target: keyId, outcome: 'refused' }, { limit: 20 })
    const named = `robot ${keyId} pstn_${keyId}_[redacted]`
    t.match(
      items.map(({ action, target }) => `${action} ${target}`),
      [`key.create ${named}`, `key.revoke ${named}`, `key.edit robot ${keyId}`],
      'an admin finds it under the key and its account',
    )
    t.match((await world.ask('GET', '/v1/keys/' + keyId, admin.token)).json(), { state: 'active', name: null })
  },
)

void t.test('a token that is broken by blanks, or encoded, is refused as well', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await group(world, admin, { name: 'staff' })
  const { token, keyId } = await groupsAccount(world, admin, 'robot', ['staff'])
  const secret = token.slice(18)
  const forms = [
    `pstn_${keyId}_ ${secret}`,
    `pstn_ ${keyId}_${secret}`,
    `pstn_\t${keyId}_   ${secret}`,
    `${token.slice(0, 30)} ${token.slice(30)}`,
    `pst\nn_${keyId}_${secret}`,
    `ps\u200btn_${keyId}_${secret}`,
    `%70stn_${keyId}_${secret}`,
    `%252570stn_${keyId}_${secret}`,
    token.replace(/./g, character => `%${character.charCodeAt(0).toString(16)}`),
    `pstn\\_${keyId}\\_${secret}`,
    `pstn&#95;${keyId}_${secret}`,
    `pstn\\u005f${keyId}_${secret}`,
  ]
  for (const form of forms) {
    const inPath = encodeURIComponent(form)
    const cases = [
      { method: 'POST', path: '/v1/groups', body: { name: 'x', description: form }, field: 'description' },
      { method: 'POST', path: '/v1/accounts/robot/keys', body: { name: form }, field: 'name' },
      { method: 'POST', path: `/v1/keys/${inPath}/revoke`, body: undefined, field: 'id' },
      { method: 'GET', path: `/v1/audit-events?target=${inPath}`, body: undefined, field: 'target' },
    ] as const
    for (const { method, path, body, field } of cases) {
      const answer = await world.ask(method, path, admin.token, body)
      t.match(answer.json(), { status: 400, detail: `\`${field}\` holds an API key token; nothing was stored.` }, form)
    }
  }
  const { items } = await listAuditEvents(world.store, { target: keyId, outcome: 'refused' }, { limit: 100 })
  const revocations = items.filter(({ action }) => action === 'key.revoke').map(({ target }) => target)
  t.strictSame(
    new Set(revocations),
    new Set([`robot ${keyId} pstn_${keyId}_[redacted]`]),
    'an admin finds whose it was',
  )
  t.equal(revocations.length, forms.length)
})

void t.test('a token is taken where one belongs, and a name that only begins like one is a name', async t => {
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  await group(world, admin, { name: 'pstn_staff' })
  const { token } = await groupsAccount(world, admin, 'robot', ['pstn_staff'])
  t.equal((await world.ask('POST', '/v1/login', null, { email: 'a@b', password: token })).statusCode, 401)
  // The password of an upstream login may be the token of another Postern.
  const url = `postgres://robot:${token}@127.0.0.1:1/shop`
  t.match((await world.ask('POST', '/v1/databases', admin.token, { name: 'shop', url, provision: true })).json(), {
    status: 502,
  })
  t.equal((await world.ask('POST', '/v1/keys/revoke', null, { token })).statusCode, 204)
  t.equal((await world.ask('GET', '/v1/me', token)).statusCode, 401)
  t.equal((await addDatabase(world, admin, 'shop')).statusCode, 201)
})
