// What a group gives holds from the next login; what is taken from it ends the sessions that depended on it: those of its
// members, and those of pinned accounts that its members made.

import t from 'tap'
import type { Role } from '../../src/auth/account.js'
import { createPersonalAccount, createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { removeGroupGrant, setGroupGrant } from '../../src/store/group-grants.js'
import { addMember, removeMember } from '../../src/store/group-members.js'
import { createGroupsAccount, editGroupsAccount } from '../../src/store/groups-accounts.js'
import { createGroup, deleteGroup, editGroup, getGroup, type Group } from '../../src/store/groups.js'
import { withTransaction } from '../../src/store/transaction.js'
import { makeWorld, type Member } from '../support/world.js'
import { drive, metric, seen, stands, whoIs } from './observe.js'
import { RawClient, Told } from './raw-client.js'

const ACCESS_CHANGED = { code: '57P01', message: 'session ended: access to the database changed' }

void t.test('groups', async t => {
  const world = await makeWorld(t)
  const { store } = world
  const databaseId = world.database.id
  const give = (group: Group, role: Role) => setGroupGrant(store, { groupId: group.id, databaseId, role })
  const group = async (name: string, role?: Role) => {
    const made = await createGroup(store, { name, description: null, organizationAdmin: false })
    if (role) await give(made, role)
    return made
  }
  const machine = async (name: string, ...groups: Group[]) => {
    const groupIds = groups.map(({ id }) => id)
    return world.key(
      await withTransaction(store, tx =>
        createGroupsAccount(tx, { name, description: null, allowFrom: null, groupIds }),
      ),
    )
  }
  const person = (email: string) => createPersonalAccount(store, { email, orgRole: 'member', passwordHash: null })
  const connect = async (member: Member) => {
    await seen(world)
    return drive(t, world.uri(member))
  }

  await t.test('a role of a group that is lowered ends sessions, one that is raised does not', async t => {
    const staff = await group('staff', 'writer')
    const robot = await machine('lowered', staff)
    const writing = await connect(robot)
    t.match(await whoIs(writing), /_writer$/)
    await give(staff, 'admin')
    await seen(world)
    await stands(t, writing)
    await give(staff, 'reader')
    t.match(await writing.ended, ACCESS_CHANGED)
    const reading = await connect(robot)
    t.match(await whoIs(reading), /_reader$/, 'it gets in as what the group gives now')
    await removeGroupGrant(store, staff.id, databaseId)
    t.match(await reading.ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(robot)), { code: '42501' })
  })

  await t.test('what another group gives as well is not lost', async t => {
    const [one, other] = [await group('one', 'writer'), await group('other', 'writer')]
    const robot = await machine('double', one, other)
    const writing = await connect(robot)
    await withTransaction(store, tx =>
      editGroupsAccount(tx, robot.id, { description: null, allowFrom: null, groupIds: [other.id] }),
    )
    await deleteGroup(store, one.id)
    await seen(world)
    await stands(t, writing)
    await give(other, 'reader')
    t.match(await writing.ended, ACCESS_CHANGED)
  })

  await t.test('a person who leaves a group loses it, and so do the pinned accounts that they made', async t => {
    const crew = await group('crew', 'writer')
    const eve = await person('eve@example.com')
    await addMember(store, crew.id, eve.id)
    const pinned = { name: 'made-by-eve', role: 'writer', databaseIds: [databaseId], makerId: eve.id } as const
    const made = await world.key(await withTransaction(store, tx => createPinnedAccount(tx, pinned)))
    const both = [await connect(await world.key(eve)), await connect(made)]
    await removeMember(store, crew.id, eve.id)
    for (const { ended } of both) t.match(await ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(made)), { code: '42501' })
  })

  await t.test('a group that is deleted takes what it gave', async t => {
    const temps = await group('temps', 'reader')
    const tom = await person('tom@example.com')
    await addMember(store, temps.id, tom.id)
    const key = await world.key(tom)
    const { ended } = await connect(key)
    await deleteGroup(store, temps.id)
    t.match(await ended, ACCESS_CHANGED)
    await t.rejects(drive(t, world.uri(key)), { code: '42501' })
  })

  await t.test('a network that is taken off the list ends the sessions that came from there', async t => {
    const { id: groupId } = await group('movers', 'reader')
    const mover = await machine('mover', await getGroup(store, groupId))
    const allow = (allowFrom: readonly string[] | null) =>
      withTransaction(store, tx =>
        editGroupsAccount(tx, mover.id, { description: null, groupIds: [groupId], allowFrom }),
      )
    await allow(['127.0.0.1', '127.0.0.2'])
    const here = await connect(mover)
    const there = await RawClient.connect(world.port(), { localAddress: '127.0.0.2' })
    t.teardown(() => there.close())
    await there.logIn(mover)
    await allow(['127.0.0.0/31'])
    t.match(new Told((await there.toEnd()).at(-1) ?? never()).fields, { C: '57P01', M: ACCESS_CHANGED.message })
    await seen(world)
    await stands(t, here)

    const again = await RawClient.connect(world.port(), { localAddress: '127.0.0.2' })
    t.teardown(() => again.close())
    await t.rejects(again.logIn(mover), { code: '28P01', message: 'password authentication failed' })
    const line = { client: '127.0.0.2', account: 'mover', key: mover.keyId, code: 'credentials_rejected' }
    t.match(
      world.log.findLast(({ msg }) => msg === 'login refused'),
      { ...line, reason: 'address' },
    )
    t.equal(await metric(world, 'postern_logins_total', { reason: 'address' }), 1)
    await allow(null)
    await seen(world)
    const back = await RawClient.connect(world.port(), { localAddress: '127.0.0.2' })
    t.teardown(() => back.close())
    await back.logIn(mover)
  })

  await t.test('a group that is renamed, or administers no more, ends nothing', async t => {
    const admins = await group('admins', 'reader')
    const reading = await connect(await machine('deputy', admins))
    await editGroup(store, admins.id, { ...admins, organizationAdmin: true })
    await editGroup(store, admins.id, { ...admins, name: 'former', organizationAdmin: false })
    await seen(world)
    await stands(t, reading)
  })

  await t.test('the log tells why a pinned account was refused a database', async t => {
    const reasons = world.log.filter(({ code }) => code === 'database_denied').map(({ reason }) => reason)
    t.same(new Set(reasons), new Set(['not_granted', 'maker_lost_it']))
  })
})

function never(): never {
  throw new Error('nothing was heard')
}
