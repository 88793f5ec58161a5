// Laws of the policy, over random accounts: what holds whatever is granted, grouped or capped. Over a real store: test/store/reach.property.test.ts.

import fc from 'fast-check'
import t from 'tap'
import {
  ROLES,
  type AccountState,
  type GrantRecord,
  type PinnedScope,
  type Role,
  type Scope,
} from '../../src/auth/account.js'
import { decide, explain, reach } from '../../src/auth/policy.js'
import { grant, idOf } from './sample.js'

const DATABASES = ['shop', 'crm', 'owner/shop', 'logs']
const GROUPS = ['staff', 'on-call', 'temps']

const anyRole = fc.constantFrom<Role>(...ROLES)
const anyDatabase = fc.constantFrom(...DATABASES)
const anyState = fc.constantFrom<AccountState>('active', 'disabled', 'deleted')

/** What a group gives: one role at most on each database. */
const anyGroup = (name: string | null) =>
  fc
    .uniqueArray(fc.tuple(anyDatabase, anyRole), { selector: ([database]) => database })
    .map(given => given.map(([database, role]) => grant(database, role, name)))

/** The grants of an account by where they come from: its own, and each group's. */
const anyGrants = fc
  .tuple(anyGroup(null), ...GROUPS.map(name => fc.option(anyGroup(name), { nil: [] })))
  .map(parts => parts.flat())
const anyMaker = fc.record({ name: fc.constant('ada'), state: anyState, grants: anyGrants })
const anyPinned: fc.Arbitrary<PinnedScope> = fc.record({
  type: fc.constant('pinned' as const),
  role: anyRole,
  databases: fc.uniqueArray(anyDatabase).map(names => names.map(name => ({ id: idOf(name), name }))),
  maker: anyMaker,
})
const anyScope: fc.Arbitrary<Scope> = fc.oneof(
  fc.record({ type: fc.constantFrom('personal' as const, 'groups' as const), grants: anyGrants }),
  anyPinned,
)

/** The role on a database as a number: 0 is none. */
function height(scope: Scope, database: string): number {
  const role = decide({ scope }, database)?.role
  return role === undefined ? 0 : ROLES.indexOf(role) + 1
}

const inGroups = (grants: readonly GrantRecord[]): Scope => ({ type: 'groups', grants })
const everywhere = (holds: (database: string) => boolean): boolean => DATABASES.every(holds)

void t.test(
  'adding a group never lowers a role: of its member, nor of a pinned account that the member made',
  async () => {
    fc.assert(
      fc.property(anyGrants, anyGroup('new'), anyPinned, (grants, group, pinned) => {
        const [before, after] = [grants, [...grants, ...group]]
        const made = (grants: readonly GrantRecord[]): Scope => ({ ...pinned, maker: { ...pinned.maker, grants } })
        return everywhere(
          database =>
            height(inGroups(after), database) >= height(inGroups(before), database) &&
            height(made(after), database) >= height(made(before), database),
        )
      }),
    )
  },
)

void t.test('the role is the highest of what is granted on a database, whatever the order', async () => {
  fc.assert(
    fc.property(anyGrants, fc.func(fc.integer()), (grants, rank) => {
      const shuffled = grants.toSorted((a, b) => rank(a) - rank(b))
      return everywhere(database => {
        const given = grants.filter(grant => grant.database === database).map(({ role }) => ROLES.indexOf(role) + 1)
        const highest = Math.max(0, ...given)
        return height(inGroups(grants), database) === highest && height(inGroups(shuffled), database) === highest
      })
    }),
  )
})

void t.test('a pinned account never exceeds its maker on any database, nor the role that was chosen', async () => {
  fc.assert(
    fc.property(anyPinned, pinned =>
      everywhere(database => {
        const mine = height(pinned, database)
        return mine <= height(inGroups(pinned.maker.grants), database) && mine <= ROLES.indexOf(pinned.role) + 1
      }),
    ),
  )
})

void t.test('a pinned scope never grows, whatever happens to its maker', async () => {
  fc.assert(
    fc.property(anyPinned, fc.array(anyMaker, { maxLength: 5 }), (pinned, later) => {
      const chosen = new Set(pinned.databases.map(({ name }) => name))
      return later.every(maker =>
        reach({ scope: { ...pinned, maker } }).every(
          ({ database, role }) => chosen.has(database) && ROLES.indexOf(role) <= ROLES.indexOf(pinned.role),
        ),
      )
    }),
  )
})

void t.test('a pinned account whose maker is not active reaches nothing', async () => {
  fc.assert(fc.property(anyPinned, pinned => pinned.maker.state === 'active' || reach({ scope: pinned }).length === 0))
})

void t.test('what an account has on one database does not depend on its grants on others', async () => {
  fc.assert(
    fc.property(anyScope, scope =>
      everywhere(database => {
        const its = (grants: readonly GrantRecord[]) => grants.filter(grant => grant.database === database)
        const part: Scope =
          scope.type === 'pinned'
            ? {
                ...scope,
                databases: scope.databases.filter(({ name }) => name === database),
                maker: { ...scope.maker, grants: its(scope.maker.grants) },
              }
            : { ...scope, grants: its(scope.grants) }
        return JSON.stringify(explain({ scope: part }, database)) === JSON.stringify(explain({ scope }, database))
      }),
    ),
  )
})
