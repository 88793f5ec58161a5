// Groups in the store: what they hold, what keeps a service account in one, and whom each change is told of.

import t from 'tap'
import { reach } from '../../src/auth/policy.js'
import { createPinnedAccount, deleteAccount } from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { getAccount, getAccountByName } from '../../src/store/accounts.js'
import { Changes } from '../../src/store/changes.js'
import { removeDatabase } from '../../src/store/databases.js'
import { findGroupGrant, listGroupGrants, removeGroupGrant, setGroupGrant } from '../../src/store/group-grants.js'
import { addMember, getMember, listDependents, listMembers, removeMember } from '../../src/store/group-members.js'
import { createGroupsAccount, editGroupsAccount } from '../../src/store/groups-accounts.js'
import {
  createGroup as makeGroup,
  deleteGroup,
  editGroup,
  findGroupIds,
  getGroup,
  getGroupByName,
  listGroups,
  type Group,
  type NewGroup,
} from '../../src/store/groups.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, samplePerson, samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)
const NOTHING = '00000000-0000-4000-8000-000000000000'
const ALL = { limit: 100 }

const createGroup = (store: Store, group: Partial<NewGroup> & { name: string }) =>
  makeGroup(store, { description: null, organizationAdmin: false, ...group })
const machineIn = (store: Store, name: string, ...groups: Group[]) =>
  withTransaction(store, tx =>
    createGroupsAccount(tx, { name, description: null, allowFrom: null, groupIds: groups.map(({ id }) => id) }),
  )

/** The accounts that the change feed named while `act` ran, each once. */
async function toldOf(store: Store, act: () => Promise<unknown>): Promise<string[]> {
  const feed = new Changes(store)
  const { head } = await feed.readChanges(0, 1)
  await act()
  const { changes } = await feed.readChanges(head, 100)
  const names = changes.filter(({ kind }) => kind === 'account-changed').map(({ accountName }) => accountName ?? '')
  return [...new Set(names)].toSorted()
}

void t.test('a group is made, found by name, edited, listed in pages, and deleted', async t => {
  const store = await sampleStore(t, server)
  const staff = await createGroup(store, { name: 'staff', description: 'all of us' })
  t.match(staff, { description: 'all of us', organizationAdmin: false, members: 0, grants: 0 })
  for (const name of ['on-call', 'admins']) await createGroup(store, { name, organizationAdmin: name === 'admins' })
  t.same(await getGroupByName(store, 'staff'), staff)
  await t.rejects(createGroup(store, { name: 'staff' }), { code: 'name_taken' })
  await t.rejects(createGroup(store, { name: 'No Name' }), { code: 'invalid' })

  t.same(await editGroup(store, staff.id, staff), staff)
  t.match(await editGroup(store, staff.id, { ...staff, name: 'crew', organizationAdmin: true }), {
    name: 'crew',
    description: 'all of us',
    organizationAdmin: true,
  })
  t.match(await editGroup(store, staff.id, { ...staff, name: 'crew', description: null }), { description: null })
  await t.rejects(editGroup(store, staff.id, { ...staff, name: 'admins' }), { code: 'name_taken' })

  const first = await listGroups(store, { limit: 2 })
  const rest = await listGroups(store, { limit: 2, cursor: first.next })
  t.same(
    [...first.items, ...rest.items].map(({ name }) => name),
    ['admins', 'crew', 'on-call'],
  )
  t.same([...(await findGroupIds(store, ['crew', 'nobody']))], [['crew', staff.id]])
  await deleteGroup(store, staff.id)
  for (const id of [staff.id, 'crew']) {
    await t.rejects(getGroup(store, id), { code: 'not_found' })
    await t.rejects(editGroup(store, id, staff), { code: 'not_found' })
    await t.rejects(deleteGroup(store, id), { code: 'not_found' })
  }
})

void t.test('members are people and machines in groups, never pinned or deleted accounts', async t => {
  const store = await sampleStore(t, server)
  const { maker: ada, machine: pinned } = await samplePinned(store)
  const staff = await createGroup(store, { name: 'staff' })
  await machineIn(store, 'deputy', staff)
  await addMember(store, staff.id, ada.id)
  const { since } = await getMember(store, staff.id, ada.id)
  await addMember(store, staff.id, ada.id)
  t.equal((await getMember(store, staff.id, ada.id)).since, since, 'again changes nothing')
  const names = async (kind: 'personal' | 'service' | null) =>
    (await listMembers(store, staff.id, kind, ALL)).items.map(({ name }) => name)
  t.same(await names(null), ['ada@example.com', 'deputy'])
  t.same(await names('personal'), ['ada@example.com'], 'a picker of people has no machines')
  t.same(await names('service'), ['deputy'])
  const { next } = await listMembers(store, staff.id, null, { limit: 1 })
  t.match(await listMembers(store, staff.id, null, { limit: 1, cursor: next }), { items: [{ name: 'deputy' }] })

  await t.rejects(addMember(store, staff.id, pinned.id), { code: 'invalid' })
  await t.rejects(addMember(store, staff.id, NOTHING), { code: 'invalid' })
  await t.rejects(addMember(store, NOTHING, ada.id), { code: 'not_found' })
  await withTransaction(store, tx => deleteAccount(tx, ada.id))
  t.same(await names(null), ['deputy'], 'who is deleted is in no group any more')
  await t.rejects(addMember(store, staff.id, ada.id), { code: 'invalid' })
  await t.rejects(removeMember(store, staff.id, ada.id), { code: 'not_found' })
})

void t.test('a group gives one role on a database: a second takes the place of the first', async t => {
  const store = await sampleStore(t, server)
  const [shop, crm] = [await sampleDatabase(store), await sampleDatabase(store, 'crm')]
  const { id: groupId } = await createGroup(store, { name: 'staff' })
  for (const role of ['admin', 'reader'] as const) await setGroupGrant(store, { groupId, databaseId: shop.id, role })
  await setGroupGrant(store, { groupId, databaseId: crm.id, role: 'writer' })
  const { items } = await listGroupGrants(store, groupId, ALL)
  t.same(
    items.map(({ database, role }) => [database, role]),
    [
      ['crm', 'writer'],
      ['shop', 'reader'],
    ],
  )
  t.match(await getGroup(store, groupId), { grants: 2 })
  await removeGroupGrant(store, groupId, crm.id)
  t.equal(await findGroupGrant(store, groupId, crm.id), null)
  await t.rejects(removeGroupGrant(store, groupId, crm.id), { code: 'not_found' })
  await t.rejects(setGroupGrant(store, { groupId, databaseId: NOTHING, role: 'reader' }), { code: 'not_found' })
  await removeDatabase(store, shop.id)
  t.match(await getGroup(store, groupId), { grants: 0 }, 'a database that is removed takes its grants along')
})

void t.test("a machine's roles are the union of its groups' grants", async t => {
  const store = await sampleStore(t, server)
  const [shop, crm] = [await sampleDatabase(store), await sampleDatabase(store, 'crm')]
  const [staff, onCall] = [await createGroup(store, { name: 'staff' }), await createGroup(store, { name: 'on-call' })]
  const give = (group: Group, { id: databaseId }: { id: string }, role: 'reader' | 'writer') =>
    setGroupGrant(store, { groupId: group.id, databaseId, role })
  await give(staff, shop, 'reader')
  await give(staff, crm, 'reader')
  await give(onCall, shop, 'writer')
  await machineIn(store, 'deputy', staff, onCall)
  const { value } = await new AccountRecords(store).loadAccount('deputy')
  t.match(value && reach(value), [
    { database: 'crm', role: 'reader', because: { group: 'staff' } },
    { database: 'shop', role: 'writer', because: { group: 'on-call' } },
  ])
})

void t.test('a machine administers through a group only, a member too, and a viewer never', async t => {
  const store = await sampleStore(t, server)
  const admins = await createGroup(store, { name: 'admins', organizationAdmin: true })
  const ada = await samplePerson(store)
  await store.run('make a viewer', "update postern.accounts set org_role = 'viewer' where id = $1", [
    (await samplePerson(store, 'vera@example.com')).id,
  ])
  const vera = await getAccountByName(store, 'vera@example.com')
  for (const { id } of [ada, vera]) await addMember(store, admins.id, id)
  await machineIn(store, 'deputy', admins)
  const isAdmin = async (name: string) => (await getAccountByName(store, name)).isAdmin
  t.same(await Promise.all(['deputy', ada.name, vera.name].map(isAdmin)), [true, true, false])
  await editGroup(store, admins.id, { ...admins, organizationAdmin: false })
  t.same(await Promise.all(['deputy', ada.name, vera.name].map(isAdmin)), [false, false, false])
})

void t.test('a machine is never left without a group', async t => {
  const store = await sampleStore(t, server)
  const [staff, spare] = [await createGroup(store, { name: 'staff' }), await createGroup(store, { name: 'spare' })]
  const deputy = await machineIn(store, 'deputy', staff)
  const both = await machineIn(store, 'both', staff, spare)
  await addMember(store, staff.id, (await samplePerson(store)).id)
  t.same(await withTransaction(store, tx => listDependents(tx, staff.id, 10)), ['deputy'])

  await t.rejects(removeMember(store, staff.id, deputy.id), { code: 'needs_group' })
  await t.rejects(deleteGroup(store, staff.id), { code: 'needs_group' })
  await t.rejects(machineIn(store, 'loner'), { code: 'needs_group' })
  await t.rejects(store.run('by hand', 'delete from postern.group_members'), { code: 'needs_group' })
  await removeMember(store, staff.id, both.id)
  await t.rejects(removeMember(store, spare.id, both.id), { code: 'needs_group' })

  const move = (groupIds: string[]) =>
    withTransaction(store, tx => editGroupsAccount(tx, deputy.id, { description: null, allowFrom: null, groupIds }))
  t.same((await move([spare.id])).groups, ['spare'], 'from one to another in one step')
  await t.rejects(move([]), { code: 'needs_group' })
  await t.rejects(move([NOTHING]), { code: 'not_found' })
  await deleteGroup(store, staff.id)
  await withTransaction(store, tx => deleteAccount(tx, deputy.id))
  await withTransaction(store, tx => deleteAccount(tx, both.id))
  await deleteGroup(store, spare.id)
})

void t.test('only a machine in groups is edited', async t => {
  const store = await sampleStore(t, server)
  const { machine: pinned } = await samplePinned(store)
  const staff = await createGroup(store, { name: 'staff' })
  const { id } = await machineIn(store, 'deputy', staff)
  const edit = (id: string) =>
    withTransaction(store, tx =>
      editGroupsAccount(tx, id, { description: 'nightly', allowFrom: null, groupIds: [staff.id] }),
    )
  t.match(await edit(id), { description: 'nightly', groups: ['staff'] })
  for (const other of [pinned.id, NOTHING, 'deputy']) await t.rejects(edit(other), { code: 'not_found' })
})

void t.test('every change of a group is told of its members and of the pinned accounts that they made', async t => {
  const store = await sampleStore(t, server)
  const { maker: ada, database } = await samplePinned(store)
  const staff = await createGroup(store, { name: 'staff' })
  await createGroup(store, { name: 'empty' })
  const deputy = await machineIn(store, 'deputy', staff)
  await withTransaction(store, tx =>
    createPinnedAccount(tx, { name: 'made', role: 'reader', databaseIds: [database.id], makerId: deputy.id }),
  )
  await samplePerson(store, 'eve@example.com')
  const grant = { groupId: staff.id, databaseId: database.id }
  const hers = [ada.name, 'robot']
  const all = [ada.name, 'deputy', 'made', 'robot']

  const told = (act: () => Promise<unknown>) => toldOf(store, act)
  t.same(await told(() => addMember(store, staff.id, ada.id)), hers, 'put in')
  t.same(await told(() => addMember(store, staff.id, ada.id)), [], 'again is no news')
  t.same(await told(() => setGroupGrant(store, { ...grant, role: 'admin' })), all, 'given a role')
  t.same(await told(() => setGroupGrant(store, { ...grant, role: 'reader' })), all, 'lowered')
  t.same(await told(() => removeGroupGrant(store, staff.id, database.id)), all, 'taken away')
  t.same(await told(() => editGroup(store, staff.id, { ...staff, organizationAdmin: true })), all, 'made to administer')
  t.same(await told(() => editGroup(store, staff.id, { ...staff, name: 'crew' })), all, 'renamed: records name it')
  t.same(
    await told(() => editGroup(store, staff.id, { ...staff, name: 'crew', description: 'x' })),
    [],
    'described: no login depends on it',
  )
  t.same(await told(() => removeMember(store, staff.id, ada.id)), hers, 'taken out')
  await addMember(store, staff.id, ada.id)
  await setGroupGrant(store, { ...grant, role: 'writer' })
  t.same(await told(() => store.run('rename', "update postern.databases set name = 'store'")), all, 'database renamed')
  t.same(await told(() => removeDatabase(store, database.id)), all, 'database removed')
  const move = async () => {
    const other = await getGroupByName(store, 'empty')
    await withTransaction(store, tx =>
      editGroupsAccount(tx, deputy.id, { description: null, allowFrom: null, groupIds: [other.id] }),
    )
  }
  t.same(await told(move), ['deputy', 'made'], 'moved to another group')
  const { groups } = await getAccount(store, deputy.id)
  const groupIds = [...(await findGroupIds(store, groups)).values()]
  const allow = (allowFrom: string[] | null) => () =>
    withTransaction(store, tx => editGroupsAccount(tx, deputy.id, { description: null, groupIds, allowFrom }))
  t.same(await told(allow(['10.0.0.0/8'])), ['deputy', 'made'], 'given a list of networks')
  t.same(await told(allow(['10.0.0.0/8'])), [], 'the same once more')
  t.same(await told(allow(null)), ['deputy', 'made'], 'let in from anywhere')
  t.same(await told(() => deleteGroup(store, staff.id)), hers, 'the group deleted')
})
