// The first answer of the SCRAM exchange, before anything is proved: it must not show which accounts exist.

import t from 'tap'
import { makeAdminKey, makeAdminLink } from '../../src/compose/first-admin.js'
import { ScramClient } from '../../src/scram/client.js'
import { createPersonalAccount, deleteAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { createGroup } from '../../src/store/groups.js'
import { createGroupsAccount } from '../../src/store/groups-accounts.js'
import { withTransaction } from '../../src/store/transaction.js'
import { saslInitialResponse } from '../../src/wire/frontend.js'
import { watchSecret } from '../support/leak-watch.js'
import { makeWorld, type World } from '../support/world.js'
import { RawClient } from './raw-client.js'

const MECHANISM = 'SCRAM-SHA-256'

void t.test('the server-first-message has one form for every kind of account, and for none', async t => {
  const world = await makeWorld(t, { only: 'both' })
  const kinds: [kind: string, name: string][] = [
    ['no account', 'nobody-by-this-name'],
    ['no account, and the form of an e-mail address', 'nobody@example.com'],
    ['no account, and a name longer than any', 'x'.repeat(300)],
    ...(await everyKindOfAccount(world)),
  ]
  const forms = new Map<string, string>()
  for (const [kind, name] of kinds) forms.set(kind, formOf(await serverFirst(world, name)))
  t.equal(forms.size, kinds.length)
  for (const [kind, form] of forms) t.equal(form, 'r=n+24 characters,s=16 bytes,i=4096', kind)
})

async function everyKindOfAccount(world: World): Promise<[kind: string, name: string][]> {
  const { store } = world
  const [fresh, disabled, deleted] = [await world.account(), await world.account(), await world.account()]
  await disableAccount(store, disabled.id)
  await withTransaction(store, tx => deleteAccount(tx, deleted.id))
  const group = await createGroup(store, { name: 'analysts', description: null, organizationAdmin: false })
  const grouped = { name: 'in-a-group', description: null, groupIds: [group.id], allowFrom: null }
  await withTransaction(store, tx => createGroupsAccount(tx, grouped))
  // As `postern up` does, whose admin has a password.
  await createPersonalAccount(store, { email: 'up@example.com', orgRole: 'admin', passwordHash: '$argon2id$x' })
  const { secret: token } = await makeAdminKey(store, 'migrated@example.com', 5)
  watchSecret(token)
  return [
    ['a pinned account', fresh.name],
    ['a disabled account', disabled.name],
    ['a deleted account', deleted.name],
    ['an account in groups, without a key', 'in-a-group'],
    ['a personal account without a key', world.admin.name],
    ['a personal account with a password', 'up@example.com'],
    ['an admin of migrate --admin', 'migrated@example.com'],
    ['an admin of migrate --admin --link', await linked(world)],
    ['a person who accepted an invitation', await invited(world)],
  ]
}

async function linked({ store }: World): Promise<string> {
  const email = 'linked@example.com'
  const { secret: link } = await makeAdminLink(store, email, { baseUrl: 'http://127.0.0.1', expiresInMs: 60_000 })
  watchSecret(link.split('#')[1] ?? '')
  return email
}

async function invited({ store, instance: { api } }: World): Promise<string> {
  const email = 'invited@example.com'
  const { secret: token } = await makeAdminKey(store, 'inviter@example.com', 5)
  watchSecret(token)
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${api ?? ''}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as { url?: string }
  }
  const { url = '' } = await post('invitations', { email, org_role: 'member' }, { authorization: `Bearer ${token}` })
  const secret = url.split('#')[1] ?? ''
  watchSecret(secret)
  await post('invitations/accept', { token: secret, password: 'correct horse battery staple' })
  return email
}

/** What the proxy answers to the first message of a client that claims to be this account. */
async function serverFirst(world: World, name: string): Promise<string> {
  const client = await RawClient.connect(world.port())
  await client.startup(name).message()
  const scram = new ScramClient({ clientNonce: 'n', password: '', channelBinding: null })
  client.send(saslInitialResponse(MECHANISM, scram.first([MECHANISM]).data))
  const { body } = await client.message()
  client.close()
  return body.toString('latin1', 4)
}

/** The message with lengths in place of what is random. */
function formOf(message: string): string {
  const [, nonce = '', salt = '', count = ''] = /^r=n([^,]*),s=([A-Za-z0-9+/=]*),i=(\d+)$/.exec(message) ?? []
  return `r=n+${String(nonce.length)} characters,s=${String(Buffer.from(salt, 'base64').length)} bytes,i=${count}`
}
