// Laws of what accounts reach, over random histories of a real store: the records that it gives, decided by policy.

import fc from 'fast-check'
import t from 'tap'
import { ROLES, type Role } from '../../src/auth/account.js'
import { explainLogin } from '../../src/auth/explain-login.js'
import { reach } from '../../src/auth/policy.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import { createPinnedAccount, disableAccount, enableAccount } from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { Changes } from '../../src/store/changes.js'
import { removeGrant, setGrant } from '../../src/store/grants.js'
import { removeGroupGrant, setGroupGrant } from '../../src/store/group-grants.js'
import { addMember, removeMember } from '../../src/store/group-members.js'
import { createGroupsAccount } from '../../src/store/groups-accounts.js'
import { createGroup } from '../../src/store/groups.js'
import { StoreError } from '../../src/store/store-error.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, sampleKey, samplePerson, sampleStore } from './sample.js'

const server = await testServer(t)

const DATABASES = ['shop', 'crm'] as const
const GROUPS = ['staff', 'temps'] as const
const MEMBERS = ['ada@example.com', 'bob@example.com', 'deputy'] as const
const PINNED = { 'by-ada': 'ada@example.com', 'by-deputy': 'deputy' } as const
const ACCOUNTS = [...MEMBERS, 'by-ada', 'by-deputy'] as const

const aRole = fc.option(fc.constantFrom<Role>(...ROLES))
const aGroup = fc.constantFrom(...GROUPS)
const aMember = fc.constantFrom(...MEMBERS)
const aDatabase = fc.constantFrom(...DATABASES)
// A role of null takes away.
const anyStep = fc.oneof(
  fc.record({
    step: fc.constant('grant'),
    to: fc.constantFrom(MEMBERS[0], MEMBERS[1]),
    database: aDatabase,
    role: aRole,
  }),
  fc.record({ step: fc.constant('group-grant'), to: aGroup, database: aDatabase, role: aRole }),
  fc.record({ step: fc.constant('join'), group: aGroup, account: aMember }),
  fc.record({ step: fc.constant('leave'), group: aGroup, account: aMember }),
  fc.record({ step: fc.constant('switch'), account: fc.constantFrom(...ACCOUNTS) }),
)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

void t.test(
  'whatever happens: no pinned account above its maker, no group that lowers, no switch that changes',
  async t => {
    const rounds = fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 16 }), async steps => {
      const { take, heights } = await organization(t)
      for (const step of steps) {
        const before = await heights()
        await take(step)
        const after = await heights()
        const held = JSON.stringify({ step, before, after })
        if (step.step === 'join' && !isNowhereLower(after, before)) throw new Error(`joining a group lowered: ${held}`)
        if (step.step === 'switch' && JSON.stringify(before) !== JSON.stringify(after))
          throw new Error(`switched: ${held}`)
        for (const [account, maker] of Object.entries(PINNED)) {
          for (const database of DATABASES) {
            const mine = after[`${account} ${database}`] ?? 0
            const most = database === 'shop' ? ROLES.indexOf('writer') + 1 : 0
            if (mine > (after[`${maker} ${database}`] ?? 0)) throw new Error(`above its maker: ${held}`)
            if (mine > most) throw new Error(`its scope grew: ${held}`)
          }
        }
      }
    })
    await t.resolves(fc.assert(rounds, { numRuns: 15, endOnFailure: true }))
  },
)

type Heights = Readonly<Record<string, number>>

function isNowhereLower(after: Heights, before: Heights): boolean {
  return Object.entries(before).every(([place, height]) => (after[place] ?? 0) >= height)
}

/** Two people, a machine in a group, and a pinned writer on shop by each of two makers; everybody has a key. */
async function organization(t: Parameters<typeof sampleStore>[0]) {
  const store = await sampleStore(t, server)
  const databases = new Map<string, string>()
  for (const name of DATABASES) databases.set(name, (await sampleDatabase(store, name)).id)
  const groups = new Map<string, string>()
  for (const name of GROUPS) {
    groups.set(name, (await createGroup(store, { name, description: null, organizationAdmin: false })).id)
  }
  const accounts = new Map<string, string>()
  for (const name of [MEMBERS[0], MEMBERS[1]]) accounts.set(name, (await samplePerson(store, name)).id)
  const id = (of: Map<string, string>, name: string): string => of.get(name) ?? ''
  const deputy = { name: 'deputy', description: null, allowFrom: null, groupIds: [id(groups, 'staff')] }
  accounts.set('deputy', (await withTransaction(store, tx => createGroupsAccount(tx, deputy))).id)
  for (const [name, maker] of Object.entries(PINNED)) {
    const pinned = { name, role: 'writer', databaseIds: [id(databases, 'shop')], makerId: id(accounts, maker) } as const
    accounts.set(name, (await withTransaction(store, tx => createPinnedAccount(tx, pinned))).id)
  }
  for (const accountId of accounts.values()) await sampleKey(store, accountId)
  // Unlike roles to begin with, so that a group that is joined can have less than what is there.
  const given = { staff: ['reader', 'writer'], temps: ['writer', 'reader'] } as const
  for (const group of GROUPS) {
    for (const [index, database] of DATABASES.entries()) {
      const role = given[group][index] ?? 'reader'
      await setGroupGrant(store, { groupId: id(groups, group), databaseId: id(databases, database), role })
    }
  }

  const take = async (step: Step): Promise<void> => {
    try {
      await act(step)
    } catch (error) {
      // Not there to be taken away, or the machine's last group.
      if (!(error instanceof StoreError) || !['not_found', 'needs_group'].includes(error.code)) throw error
    }
  }
  const act = async (step: Step): Promise<unknown> => {
    switch (step.step) {
      case 'grant': {
        const [accountId, databaseId] = [id(accounts, step.to), id(databases, step.database)]
        const { role } = step
        return role ? setGrant(store, { accountId, databaseId, role }) : removeGrant(store, accountId, databaseId)
      }
      case 'group-grant': {
        const [groupId, databaseId] = [id(groups, step.to), id(databases, step.database)]
        const { role } = step
        return role ? setGroupGrant(store, { groupId, databaseId, role }) : removeGroupGrant(store, groupId, databaseId)
      }
      case 'join':
        return addMember(store, id(groups, step.group), id(accounts, step.account))
      case 'leave':
        return removeMember(store, id(groups, step.group), id(accounts, step.account))
      case 'switch':
        await disableAccount(store, id(accounts, step.account))
        await isStopped(step.account)
        return enableAccount(store, id(accounts, step.account))
    }
  }
  const records = new AccountRecords(store)
  /** What a login would come to, as a number for each account and database; 0: refused. */
  const heights = async (): Promise<Heights> => {
    const list = await revocations()
    const all: [string, number][] = []
    for (const name of ACCOUNTS) {
      const loaded = await records.loadAccount(name)
      for (const database of DATABASES) {
        const decision = explainLogin(loaded, { database, address: null }, list)
        all.push([`${name} ${database}`, typeof decision === 'string' ? 0 : ROLES.indexOf(decision.role) + 1])
      }
    }
    return Object.fromEntries(all)
  }
  const isStopped = async (name: string): Promise<void> => {
    const list = await revocations()
    if (explainLogin(await records.loadAccount(name), { database: 'shop', address: null }, list) !== 'disabled')
      throw new Error(`${name} goes on`)
    for (const [account, maker] of Object.entries(PINNED)) {
      const { value } = maker === name ? await records.loadAccount(account) : { value: null }
      if (value && reach(value).length > 0) throw new Error(`${account} goes on without its maker`)
    }
  }
  const revocations = async (): Promise<RevocationList> => {
    const list = new RevocationList({ maxAgeMs: 300_000, loginTimeoutMs: 15_000, now: () => performance.now() })
    list.apply(await new Changes(store).readChanges(0, 1000), performance.now())
    return list
  }
  return { take, heights }
}
