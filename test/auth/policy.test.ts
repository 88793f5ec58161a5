import fc from 'fast-check'
import t from 'tap'
import { type AccountState, type GrantRecord, type Role, ROLES, type Scope } from '../../src/auth/account.js'
import { capFor, compareRoles, decide, explain, reach } from '../../src/auth/policy.js'
import { grant, idOf } from './sample.js'

const DATABASES = ['shop', 'crm', 'owner/shop', 'logs']

const anyRole = fc.constantFrom<Role>(...ROLES)
const anyDatabase = fc.constantFrom(...DATABASES)
const anyGrant = fc
  .tuple(anyDatabase, anyRole, fc.option(fc.constantFrom('staff', 'on-call')))
  .map(([database, role, group]) => grant(database, role, group))
const anyGrants = fc.array(anyGrant, { maxLength: 8 })
const anyState = fc.constantFrom<AccountState>('active', 'disabled', 'deleted')

type Pinned = Extract<Scope, { type: 'pinned' }>

function person(grants: readonly GrantRecord[]): { scope: Scope } {
  return { scope: { type: 'personal', grants } }
}

function pinned(role: Role, databases: readonly string[], maker: Partial<Pinned['maker']> = {}): { scope: Pinned } {
  const chosen = databases.map(name => ({ id: idOf(name), name }))
  return {
    scope: { type: 'pinned', role, databases: chosen, maker: { name: 'ada', state: 'active', grants: [], ...maker } },
  }
}

const anyAccount: fc.Arbitrary<{ scope: Scope }> = fc.oneof(
  anyGrants.map(person),
  anyGrants.map(grants => ({ scope: { type: 'groups' as const, grants } })),
  fc
    .tuple(anyRole, fc.uniqueArray(anyDatabase), anyState, anyGrants)
    .map(([role, databases, state, grants]) => pinned(role, databases, { state, grants })),
)

/** The role on a database as a number: 0 is none. */
function height(account: { scope: Scope }, database: string): number {
  const role = decide(account, database)?.role
  return role === undefined ? 0 : ROLES.indexOf(role) + 1
}

void t.test('orders the roles', async t => {
  t.ok(compareRoles('reader', 'writer') < 0)
  t.ok(compareRoles('writer', 'admin') < 0)
  t.ok(compareRoles('admin', 'reader') > 0)
  t.equal(compareRoles('writer', 'writer'), 0)
})

void t.test('gives a person what is granted, and tells through what', async t => {
  const account = person([grant('shop', 'writer'), grant('crm', 'reader', 'staff')])
  t.same(reach(account), [
    { databaseId: idOf('shop'), database: 'shop', role: 'writer', because: { rule: 'direct' } },
    { databaseId: idOf('crm'), database: 'crm', role: 'reader', because: { rule: 'group', group: 'staff' } },
  ])
})

void t.test('lets the highest of several grants win, whatever their order', async t => {
  const grants = [grant('shop', 'reader'), grant('shop', 'admin', 'on-call'), grant('shop', 'writer', 'staff')]
  for (const order of [grants, grants.toReversed()]) {
    t.match(reach(person(order)), [{ role: 'admin', because: { rule: 'group', group: 'on-call' } }])
    t.equal(reach(person(order)).length, 1)
  }
})

void t.test('gives a pinned account its role on the databases that its maker still reaches', async t => {
  const grants = [grant('shop', 'admin'), grant('crm', 'writer')]
  const account = pinned('writer', ['shop', 'crm', 'logs'], { grants })
  t.same(reach(account), [
    { databaseId: idOf('shop'), database: 'shop', role: 'writer', because: { rule: 'pinned' } },
    { databaseId: idOf('crm'), database: 'crm', role: 'writer', because: { rule: 'pinned' } },
  ])
  t.equal(decide(account, 'logs'), null)
})

void t.test('caps a pinned account at what its maker has now, and says so', async t => {
  const account = pinned('admin', ['shop'], { grants: [grant('shop', 'reader')] })
  t.match(decide(account, 'shop'), {
    role: 'reader',
    because: { rule: 'capped-by-maker', maker: 'ada', pinned: 'admin' },
  })
})

void t.test('gives a pinned account nothing once its maker is disabled or deleted', async t => {
  const grants = [grant('shop', 'admin')]
  t.same(reach(pinned('reader', ['shop'], { state: 'disabled', grants })), [])
  t.same(reach(pinned('reader', ['shop'], { state: 'deleted', grants })), [])
})

void t.test('gives a pinned account nothing on databases that were not chosen, whatever its maker has', async t => {
  const account = pinned('reader', ['crm'], { grants: [grant('shop', 'admin'), grant('crm', 'admin')] })
  t.equal(decide(account, 'shop'), null)
})

void t.test('tells why an account may not use a database', async t => {
  const grants = [grant('shop', 'admin')]
  t.equal(explain(person(grants), 'crm'), 'not_granted')
  t.equal(explain(pinned('reader', ['crm'], { grants }), 'shop'), 'not_granted', 'whatever the maker has')
  t.equal(explain(pinned('reader', ['crm'], { grants }), 'crm'), 'maker_lost_it')
  t.equal(explain(pinned('reader', ['shop'], { grants, state: 'disabled' }), 'shop'), 'maker_inactive')
  t.equal(explain(pinned('reader', ['shop'], { grants, state: 'deleted' }), 'logs'), 'not_granted')
})

void t.test('does not take a database for another whose name it resembles', async t => {
  const account = person([grant('owner/shop', 'admin')])
  for (const name of ['shop', 'owner', 'Owner/shop', 'owner/shop ', '', '__proto__'])
    t.equal(decide(account, name), null)
  t.ok(decide(account, 'owner/shop'))
})

void t.test('decides what it lists: reach and decide agree, and list a database once', async () => {
  fc.assert(
    fc.property(anyAccount, account => {
      const all = reach(account)
      const agree = DATABASES.every(name => {
        const listed = all.filter(entry => entry.database === name)
        return listed.length <= 1 && (decide(account, name)?.role ?? null) === (listed[0]?.role ?? null)
      })
      return agree && all.every(entry => entry.databaseId === idOf(entry.database))
    }),
  )
})

void t.test('caps a new pinned account at the least role of its maker, and names the database', async t => {
  const maker = person([grant('shop', 'admin'), grant('crm', 'reader'), grant('logs', 'writer')])
  t.same(capFor(maker, ['shop']), { role: 'admin', database: 'shop' })
  t.same(capFor(maker, ['shop', 'logs']), { role: 'writer', database: 'logs' })
  t.same(capFor(maker, ['shop', 'crm', 'logs']), { role: 'reader', database: 'crm' })
  t.same(capFor(maker, ['shop', 'owner/shop', 'crm']), { role: null, database: 'owner/shop' })
})

void t.test('creates no pinned account that the next login would cap', async () => {
  const someDatabases = fc.uniqueArray(anyDatabase, { minLength: 1 })
  fc.assert(
    fc.property(anyGrants, someDatabases, (grants, databases) => {
      const cap = capFor(person(grants), databases)
      if (cap.role === null) return height(person(grants), cap.database) === 0
      const least = Math.min(...databases.map(name => height(person(grants), name)))
      const made = reach(pinned(cap.role, databases, { grants }))
      return (
        ROLES.indexOf(cap.role) + 1 === least &&
        height(person(grants), cap.database) === least &&
        made.length === databases.length &&
        made.every(({ because }) => because.rule === 'pinned')
      )
    }),
  )
})

void t.test('has no cap to tell without a database', async t => {
  t.throws(() => capFor(person([]), []), TypeError)
})
