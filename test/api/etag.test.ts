// Edits that name the version they are of: one that is not of the newest version changes nothing.

import t from 'tap'
import { etagOf } from '../../src/api/etag.js'
import { worlds } from './fixture.js'

const makeWorld = await worlds(t)

void t.test('an edit is made when the version is the one that it names, or when it names none', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const path = `/v1/keys/${ada.keyId}`
  const edit = (body: object, ifMatch?: string) =>
    world.ask('PATCH', path, ada.token, body, ifMatch === undefined ? {} : { 'if-match': ifMatch })
  const etag = (await world.ask('GET', path, ada.token)).headers.etag ?? ''
  t.match(etag, /^"[\w-]{22}"$/)

  const first = await edit({ name: 'laptop', description: 'at home' }, etag)
  t.match(first.json(), { id: ada.keyId, name: 'laptop', description: 'at home' })
  t.equal(first.headers.etag, (await world.ask('GET', path, ada.token)).headers.etag)
  t.not(first.headers.etag, etag)

  for (const old of [etag, `W/${first.headers.etag}`, `"x", ${etag}`, 'nonsense', '']) {
    const refused = await edit({ name: 'lost' }, old)
    t.equal(refused.statusCode, 412, old)
    t.match(refused.json(), { code: 'changed_meanwhile', hint: /GET it again/ })
    t.equal(refused.headers.etag, undefined)
  }
  t.match((await edit({ name: null }, `"x", ${first.headers.etag}`)).json(), { name: null, description: 'at home' })
  t.equal((await edit({ name: 'any' }, '*')).statusCode, 200)
  t.equal((await edit({})).json<{ name: string }>().name, 'any')
})

void t.test('of edits of one version at the same moment, one is made', async t => {
  const world = await makeWorld(t)
  const ada = await world.person('ada@example.com', 'member')
  const path = `/v1/keys/${ada.keyId}`
  const etag = (await world.ask('GET', path, ada.token)).headers.etag ?? ''
  const names = ['a', 'b', 'c', 'd']
  const edits = names.map(name => world.ask('PATCH', path, ada.token, { name }, { 'if-match': etag }))
  const answers = await Promise.all(edits)
  t.strictSame(answers.map(answer => answer.statusCode).sort(), [200, 412, 412, 412])
  const made = answers.find(answer => answer.statusCode === 200)
  t.strictSame((await world.ask('GET', path, ada.token)).json(), made?.json())
})

void t.test('what changes by itself does not change the tag', async t => {
  const tag = (fields: object) => etagOf({ name: 'robot', items: [{ id: 1, ...fields }] })
  t.equal(tag({ active_keys: 1, last_used: null }), tag({ active_keys: 2, last_used: { at: 'now' } }))
  t.not(tag({ state: 'active' }), tag({ state: 'disabled' }))
})
