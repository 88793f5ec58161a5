// What can happen in an organization, each as a function of its history and of dice.

import { randomUUID } from 'node:crypto'
import { ROLES } from '../../src/auth/account.js'
import { reportInstance } from '../../src/store/instances.js'
import { recordKeyUses } from '../../src/store/key-uses.js'
import { reportBlocks } from '../../src/store/login-blocks.js'
import { reportLoginCounts } from '../../src/store/login-counts.js'
import { reportSessions } from '../../src/store/live-sessions.js'
import type { Dice } from '../support/dice.js'
import { DATABASES, GROUPS, MACHINES, PEOPLE, type History } from './history.js'

type Act = (history: History, dice: Dice) => Promise<unknown>

const ORG_ROLES = ['admin', 'member', 'viewer'] as const
const TEXTS = [undefined, '', ' ', 'Reports', 'Ω 🗝 "quoted" \\ <b>', 'x'.repeat(100)] as const
const FATES = [
  '',
  '?pinned_accounts=delete',
  '?transfer_to=root%40example.com',
  '?transfer_to=bob%40example.com',
] as const
// Past, near, and beyond what JavaScript's dates and RFC 3339 can express.
const TIMES = ["now() - interval '1 second'", "now() + interval '1 hour'", "'290000-01-01'::timestamptz"] as const

export const ACTS = {
  invite: (history, dice) => history.invite(dice.pick(PEOPLE), dice.pick(ORG_ROLES)),
  accept: history => history.accept(),
  join: (history, dice) => history.join(dice.pick(PEOPLE), dice.pick(ORG_ROLES)),
  'take back an invitation': async (history, dice) =>
    history.act('DELETE', `/v1/invitations/${dice.pick([...history.known.invitations])}`),
  'let invitations expire': history =>
    history.alter("update postern.invitations set expires_at = now() - interval '1 second'"),
  'link for a password': async (history, dice) =>
    history.took(await history.act('POST', `/v1/users/${anyPerson(dice)}/password-link`)),
  'change an organization role': (history, dice) =>
    history.act('PATCH', `/v1/users/${anyPerson(dice)}`, { org_role: dice.pick(ORG_ROLES) }),
  'deactivate a person': (history, dice) => history.act('POST', `/v1/users/${anyPerson(dice)}/deactivate`),
  'activate a person': (history, dice) => history.act('POST', `/v1/users/${anyPerson(dice)}/activate`),
  'delete a person': (history, dice) => history.act('DELETE', `/v1/users/${anyPerson(dice)}${dice.pick(FATES)}`),

  'make a pinned account': (history, dice) => {
    const scope = { type: 'pinned', role: dice.pick(ROLES.slice(0, 2)), databases: some(dice, DATABASES) }
    return history.make(dice.pick(MACHINES), dice.pick([...PEOPLE, 'nightly']), scope, anyNetworks(dice))
  },
  'make a groups account': (history, dice) =>
    history.make(dice.pick(MACHINES), 'root@example.com', { type: 'groups', groups: some(dice, GROUPS) }),
  'edit a groups account': (history, dice) => {
    const edit = { groups: some(dice, GROUPS), description: dice.pick(TEXTS) ?? null, allow_from: anyNetworks(dice) }
    return history.act('PATCH', `/v1/service-accounts/${dice.pick(MACHINES)}`, edit)
  },
  'disable an account': (history, dice) => history.act('POST', `/v1/service-accounts/${dice.pick(MACHINES)}/disable`),
  'enable an account': (history, dice) => history.act('POST', `/v1/service-accounts/${dice.pick(MACHINES)}/enable`),
  'delete an account': (history, dice) =>
    history.act('DELETE', `/v1/service-accounts/${dice.pick(MACHINES)}${dice.pick(FATES)}`),

  'make a group': (history, dice) => history.act('POST', '/v1/groups', { name: dice.pick(GROUPS) }),
  'edit a group': (history, dice) =>
    history.act('PATCH', `/v1/groups/${dice.pick(GROUPS)}`, {
      organization_admin: dice.chance(50),
      description: dice.pick(TEXTS) ?? null,
    }),
  'delete a group': (history, dice) => history.act('DELETE', `/v1/groups/${dice.pick(GROUPS)}`),
  'join a group': (history, dice) => history.act('PUT', `/v1/groups/${dice.pick(GROUPS)}/members/${anyAccount(dice)}`),
  'leave a group': (history, dice) =>
    history.act('DELETE', `/v1/groups/${dice.pick(GROUPS)}/members/${anyAccount(dice)}`),
  'grant to a group': (history, dice) =>
    history.act('PUT', `/v1/groups/${dice.pick(GROUPS)}/grants/${anyDatabase(dice)}`, { role: dice.pick(ROLES) }),
  'take from a group': (history, dice) =>
    history.act('DELETE', `/v1/groups/${dice.pick(GROUPS)}/grants/${anyDatabase(dice)}`),

  'register a database': (history, dice) => history.register(dice.pick(DATABASES)),
  'remove a database': (history, dice) => history.act('DELETE', `/v1/databases/${anyDatabase(dice)}`),
  'lose a login of a database': (history, dice) =>
    history.alter('delete from postern.logins where role = $1', [dice.pick(ROLES)]),
  grant: (history, dice) =>
    history.act('PUT', `/v1/databases/${anyDatabase(dice)}/grants/${anyPerson(dice)}`, { role: dice.pick(ROLES) }),
  'take a grant': (history, dice) =>
    history.act('DELETE', `/v1/databases/${anyDatabase(dice)}/grants/${anyPerson(dice)}`),

  'create a key': (history, dice) => {
    const [name, description] = [dice.pick(TEXTS), dice.pick(TEXTS)]
    const account = dice.pick([...PEOPLE, ...MACHINES])
    return history.giveKey(account, { name, description, ...(dice.chance(50) && { expires_in_days: 3 }) })
  },
  'edit a key': (history, dice) =>
    history.act('PATCH', `/v1/keys/${anyKey(history, dice)}`, { name: dice.pick(TEXTS) ?? null, description: null }),
  'rotate a key': async (history, dice) => {
    const grace = { grace_minutes: dice.pick([0, 60]) }
    const response = await history.act('POST', `/v1/keys/${anyKey(history, dice)}/rotate`, grace)
    const { key } = response.json<{ key?: { account: string } }>()
    history.gotKey(key?.account ?? '', response)
  },
  'revoke a key': (history, dice) => history.act('POST', `/v1/keys/${anyKey(history, dice)}/revoke`),
  'revoke all keys': (history, dice) => history.act('POST', `/v1/accounts/${anyAccount(dice)}/keys/revoke-all`),
  'move the end of keys': (history, dice) =>
    history.alter(
      `update postern.api_keys set expires_at = ${dice.pick(TIMES)}
       where account_id in (select id from postern.accounts where name = $1)`,
      [dice.pick([...PEOPLE, ...MACHINES])],
    ),
  'use the proxy': useProxy,
  'end a session': (history, dice) => history.act('POST', `/v1/sessions/${dice.pick([...history.known.sessions])}/end`),
} satisfies Readonly<Record<string, Act>>

export type ActName = keyof typeof ACTS
export const ACT_NAMES = Object.keys(ACTS) as readonly ActName[]

/** The acts after which something that others rest on is gone. */
export const LOSSES = [
  'delete a person',
  'delete an account',
  'delete a group',
  'remove a database',
] as const satisfies readonly ActName[]

function anyPerson(dice: Dice): string {
  return encodeURIComponent(dice.pick(PEOPLE))
}

function anyAccount(dice: Dice): string {
  return encodeURIComponent(dice.pick([...PEOPLE, ...MACHINES]))
}

function anyDatabase(dice: Dice): string {
  return encodeURIComponent(dice.pick(DATABASES))
}

/** Never the key of the admin who stays: the history would be over. */
function anyKey({ known, root }: History, dice: Dice): string {
  return dice.pick([...known.keys].filter(id => id !== root.keyId))
}

function anyNetworks(dice: Dice): readonly string[] | null {
  return dice.pick([null, null, ['127.0.0.1'], ['192.0.2.0/24', '2001:db8::/32']])
}

/** One at least. */
function some<T>(dice: Dice, from: readonly T[]): T[] {
  const first = dice.pick(from)
  return from.filter(one => one === first || dice.chance(30))
}

/** An instance that reports what happens at a proxy: sessions, uses of keys, refused logins. */
async function useProxy(history: History, dice: Dice): Promise<void> {
  const { store } = history.world
  const [id, session] = [randomUUID(), `S${history.log.length}-22222`]
  const report = { host: 'one', version: '1', runsProxy: dice.chance(80), upMs: 1, listSeq: 1, isPushUp: true }
  await reportInstance(store, { id, ...report, listAgeMs: dice.pick([null, 5]) })
  const [account] = await store.run<{ id: string; name: string }>(
    'pick an account',
    'select id, name from postern.accounts order by name offset $1 limit 1',
    [dice.below(4)],
  )
  const [keyId = '', database] = [anyKey(history, dice), dice.pick(DATABASES)]
  if (account) {
    const whose = { accountId: account.id, account: account.name, keyId, databaseId: randomUUID(), database }
    const role = dice.pick(ROLES)
    const about = { role, login: 'l', address: '192.0.2.7', application: dice.pick([null, 'psql']), ageMs: 5 }
    const counts = { state: dice.pick(['idle', 'busy'] as const), bytesFromClient: 2 ** 40, bytesFromUpstream: 0 }
    await reportSessions(store, id, { changed: [{ id: session, ...whose, ...about, ...counts }], gone: [] })
  }
  const use = { keyId, ageMs: 5, address: '192.0.2.7', application: dice.pick([null, 'psql']) }
  await recordKeyUses(store, [{ ...use, database: dice.pick([null, database]) }])
  await reportLoginCounts(store, id, [{ minute: 1, ageMs: 5, reason: dice.pick(['none', 'revoked']), count: 3 }])
  await reportBlocks(store, id, [{ network: '192.0.2.0/24', badTokens: 30, ageMs: 0, leftMs: 60_000 }])
  history.log.push(`instance ${id} reports session ${session} of ${account?.name ?? 'no account'}`)
  history.known.instances.add(id)
  history.known.sessions.add(session)
}
