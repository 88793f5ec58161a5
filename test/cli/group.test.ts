// Groups, grants, and the service accounts in groups, against the real API.

import t, { type Test } from 'tap'
import { fakeTerminal } from './fake-terminal.js'
import { run } from '../../src/cli/program.js'
import { fitsPage, json, makeCliWorld, no, type CliWorld } from './world-cli.js'

void t.test('against a running API', async t => {
  const world = await makeCliWorld(t)
  await t.test('group', t => groups(t, world))
  await t.test('group grant', t => groupGrants(t, world))
  await t.test('group member', t => members(t, world))
  await t.test('account in groups', t => accounts(t, world))
  await t.test('database grant', t => databaseGrants(t, world))
  await t.test('group edit and delete', t => changes(t, world))
})

async function groups(t: Test, { cli, person }: CliWorld): Promise<void> {
  const made = await cli(['group', 'create', 'analysts', '--description', 'They read'])
  t.match(made, { code: 0, out: 'Made group analysts.\n', err: '' })
  t.match(json(await cli('group create operators --organization-admin --json')), { organization_admin: true })
  const listed = await cli('group list')
  t.match(
    listed.out,
    /^NAME +MEMBERS +GRANTS +ADMIN +DESCRIPTION\nanalysts +0 +0 +- +They read\noperators +0 +0 +yes +-\n$/,
  )
  fitsPage(t, listed.out)
  t.match(json(await cli('group list --json')), [{ name: 'analysts' }, { name: 'operators' }])
  t.match(await cli('group create analysts'), { code: 1, err: no(/taken/) })
  const { token } = await person('bob@example.com')
  const refused = await cli('group create mine', { env: { POSTERN_API_KEY: token } })
  t.match(refused, { code: 1, out: '', err: no(/may not do this/, /admin/) })
}

async function groupGrants(t: Test, { cli }: CliWorld): Promise<void> {
  t.match(await cli('group grant list analysts'), { code: 0, out: 'It gives no role on any database.\n' })
  t.match(await cli('group grant set analysts shop reader'), { code: 0, out: 'analysts is reader on shop.\n', err: '' })
  t.match(json(await cli('group grant set analysts shop writer --json')), { role: 'writer' })
  t.match((await cli('group grant list analysts')).out, /^DATABASE +ROLE +SINCE\nshop +writer +20\S+ \S+\n$/)
  t.match(json(await cli('group grant list analysts --json')), [{ database: 'shop', role: 'writer' }])
  t.match(await cli('group grant set analyst shop reader'), {
    code: 1,
    err: no(/No such group/, /did you mean analysts\?/),
  })
  t.match(await cli('group grant set analysts shopp reader'), {
    code: 1,
    err: no(/No such database/, /did you mean shop\?/),
  })
  t.match(await cli('group grant remove operators shop'), { code: 1, err: no(/no grant/, /postern group grant list/) })
  const removed = await cli('group grant remove analysts shop')
  t.match(removed, { code: 0, out: 'analysts gives no role on shop any more.\n', err: '' })
  await cli('group grant set analysts shop reader')
}

async function members(t: Test, { cli, person }: CliWorld): Promise<void> {
  await person('ada@example.com')
  t.match(await cli('group member list analysts'), { code: 0, out: 'Nobody is in it.\n' })
  const added = await cli('group member add analysts ada@example.com')
  t.match(added, { code: 0, out: 'ada@example.com is in analysts.\n', err: '' })
  t.match(
    (await cli('group member list analysts')).out,
    /^MEMBER +KIND +STATE +SINCE\nada@example\.com +personal +active +20\S+ \S+\n$/,
  )
  t.match(json(await cli('group member list analysts --json')), [{ account: 'ada@example.com', kind: 'personal' }])
  t.match(await cli('group member remove analysts bob@example.com'), { code: 1, err: no(/not in the group/) })
  const shown = await cli('group show analysts')
  t.match(
    shown.out,
    /^Name +analysts\nDescription +They read\nAdministers +nothing\nMade +20.* UTC\n\nDATABASE.*\nshop +reader .*\n\nMEMBER.*\nada@/,
  )
  fitsPage(t, shown.out)
  t.match(json(await cli('group show analysts --json')), {
    name: 'analysts',
    members: [{ account: 'ada@example.com' }],
    grants: [{ database: 'shop' }],
  })
  const removed = await cli('group member remove analysts ada@example.com')
  t.match(removed, { code: 0, out: 'ada@example.com is no longer in analysts.\n', err: '' })
}

async function accounts(t: Test, { cli, person, world, admin }: CliWorld): Promise<void> {
  await cli('account create pinned --role reader --database shop')

  await t.test('makes, shows and lists one', async t => {
    const made = await cli('account create nightly --group analysts --group operators')
    t.match(made, {
      code: 0,
      out: /^Made service account nightly\.\n\nName +nightly\n.*\n.*\nGroups +analysts, operators\n/,
    })
    t.match((await cli('account show nightly')).out, /Groups +analysts, operators\n/)
    const listed = await cli('account list')
    t.match(listed.out, /\nnightly +active +what analysts, operators may +0 /)
    t.match(listed.out, /\npinned +active +shop as reader +0 /)
    fitsPage(t, listed.out)
  })

  await t.test('names the group that is unknown, and who may make one', async t => {
    t.match(await cli('account create a --group analyst'), { code: 1, err: no(/analyst\b/, /did you mean analysts\?/) })
    const { token } = await person('eve@example.com')
    const refused = await cli('account create a --group analysts', { env: { POSTERN_API_KEY: token } })
    t.match(refused, { code: 1, err: no(/made by admins/, /--role and --database/) })
  })

  await t.test('edits the description, and takes it away', async t => {
    const edited = await cli(['account', 'edit', 'nightly', '--description', 'Sales'])
    t.match(edited, { code: 0, out: /^Changed service account nightly\.\n\n.*\nDescription +Sales\n/, err: '' })
    t.match(json(await cli(['account', 'edit', 'nightly', '--description', '', '--json'])), { description: null })
  })

  await t.test('asks before an account leaves a group', async t => {
    t.match(await cli('account edit nightly --group analysts'), {
      code: 2,
      err: no(/out of operators\?.*nobody to ask/, /--yes/),
    })
    const asked = await cli('account edit nightly --group analysts', { typed: 'n\n' })
    t.match(asked, { code: 1, err: /^Take nightly out of operators\? \[y\/N\]/ })
    t.match(await cli('account edit nightly --group analysts --yes'), { code: 0, out: /Groups +analysts\n/ })
    t.match(await cli('account edit nightly --group analysts operators'), { code: 0 }, 'joining one asks nothing')
  })

  await t.test('asks before an account may come from fewer networks', async t => {
    t.match((await cli('account show nightly')).out, /Allowed from +anywhere\n/)
    t.match(await cli('account edit nightly --allow-from 192.0.2.0/24'), {
      code: 2,
      err: no(/log in from anywhere else no more\?.*nobody to ask/, /--yes/),
    })
    const edited = await cli('account edit nightly --allow-from 192.0.2.0/24 2001:db8::/32 --yes')
    t.match(edited, { code: 0, out: /Allowed from +192\.0\.2\.0\/24, 2001:db8::\/32\n/ })
    t.match(await cli('account edit nightly --allow-from 2001:db8::/32', { typed: 'n\n' }), {
      code: 1,
      err: /^Let nightly log in from 192\.0\.2\.0\/24 no more\? \[y\/N\]/,
    })
    t.match(await cli('account edit nightly --allow-from 2001:db8::1/32 --yes'), {
      code: 1,
      err: no(/allow_from\[0\]: has bits set/, /The network is 2001:db8::\/32/),
    })
    t.match(await cli('account edit nightly --from-anywhere --allow-from ::/0'), { code: 2 })
    t.match(await cli('account edit nightly --from-anywhere'), { code: 0, out: /Allowed from +anywhere\n/ })
  })

  await t.test('does not change what was changed while it asked', async t => {
    const env = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: admin.token }
    const terminal = fakeTerminal({ env, typed: '' })
    const asked = new Promise<void>(resolve => {
      const look = (): void => (terminal.err().includes('[y/N]') ? resolve() : void setImmediate(look))
      look()
    })
    const editing = run(['account', 'edit', 'nightly', '--group', 'analysts'], terminal)
    await asked
    await cli(['account', 'edit', 'nightly', '--description', 'Changed meanwhile'])
    terminal.stdin.push('y\n')
    t.equal(await editing, 1)
    t.match(terminal.err(), /error: It has changed since you looked at it.*\nhint: look at what is there now/)
    t.match(json(await cli('account show nightly --json')), { scope: { groups: ['analysts', 'operators'] } })
  })

  await t.test('refuses to edit a pinned one, and to leave one without a group', async t => {
    t.match(await cli('account edit pinned --description x'), {
      code: 1,
      err: no(/never edited/, /delete it and make another/),
    })
    await cli('account edit nightly --group analysts --yes')
    t.match(await cli('group member remove analysts nightly'), {
      code: 1,
      err: no(/nightly/, /postern group member add/),
    })
    t.match(await cli('group delete analysts --yes'), { code: 1, err: no(/nightly/, /postern group member add/) })
  })
}

async function databaseGrants(t: Test, { cli }: CliWorld): Promise<void> {
  const set = await cli('database grant set shop ada@example.com reader')
  t.match(set, { code: 0, out: 'ada@example.com is reader on shop.\n', err: '' })
  t.match((await cli('database grant list shop')).out, /^PERSON +ROLE +SINCE\nada@example\.com +reader +20.*\nadmin@/)
  t.match(json(await cli('database grant list shop --json')), [{ account: 'ada@example.com', role: 'reader' }, {}])
  t.match(await cli('database grant set shop nightly reader'), { code: 1, err: no(/personal accounts/) })
  const removed = await cli('database grant remove shop ada@example.com')
  t.match(removed, { code: 0, out: 'ada@example.com has no role of their own on shop any more.\n', err: '' })
  t.match(await cli('database grant remove shop ada@example.com'), {
    code: 1,
    err: no(/no grant/, /database grant list/),
  })
}

async function changes(t: Test, { cli }: CliWorld): Promise<void> {
  t.match(await cli('group edit analysts --name readers'), { code: 0, out: 'Changed group readers.\n', err: '' })
  const edited = json(await cli(['group', 'edit', 'readers', '--description', '', '--organization-admin', '--json']))
  t.match(edited, { description: null, organization_admin: true })
  t.match(json(await cli('group edit readers --no-organization-admin --json')), { organization_admin: false })
  t.match((await cli('account show nightly')).out, /Groups +readers\n/)
  t.match(await cli('group delete operators'), { code: 2, err: no(/Delete operators/, /--yes/) })
  t.match(await cli('group delete operators', { typed: 'y\n' }), { code: 0, out: 'Deleted group operators.\n' })
  t.match(await cli('group show operators'), { code: 1, err: no(/No such group/, /postern group list/) })
}
