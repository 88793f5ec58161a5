// Every client command, against the real API with a real store and real databases behind it.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { getAccountByName } from '../../src/store/accounts.js'
import { fitsPage, json, makeCliWorld, no, type CliWorld } from './world-cli.js'

void t.test('against a running API', async t => {
  const world = await makeCliWorld(t)
  await t.test('account', t => accounts(t, world))
  await t.test('key', t => keys(t, world))
  await t.test('connect', t => connect(t, world))
  await t.test('refusals', t => refusals(t, world))
})

async function accounts(t: Test, { cli, person }: CliWorld): Promise<void> {
  await t.test('makes, shows and lists an account', async t => {
    const made = await cli([
      'account',
      'create',
      'etl',
      '--role',
      'writer',
      '--database',
      'shop',
      '--description',
      'a b',
    ])
    t.match(made, { code: 0, out: /^Made service account etl\.\n\nName +etl\n/, err: /postern key create etl\n$/ })
    const shown = await cli('account show etl')
    t.match(shown, {
      code: 0,
      out: /Description +a b\nState +active\nRole +writer\nDatabases +shop\nAllowed from +anywhere\nActive keys +0\nLast used +never\n/,
      err: '',
    })
    const listed = await cli('account list')
    t.match(listed, {
      code: 0,
      out: /^NAME +STATE +REACHES +KEYS +MADE BY\netl +active +shop as writer +0 +admin@/,
    })
    for (const { out } of [made, shown, listed]) fitsPage(t, out)
  })

  await t.test('prints JSON with every field', async t => {
    t.match(json(await cli('account create robot --role reader --database shop --database shop --json')), {
      name: 'robot',
      state: 'active',
      scope: { type: 'pinned', role: 'reader', databases: ['shop'] },
    })
    t.match(json(await cli('account show robot --json')), { name: 'robot', made_by: 'admin@example.com' })
    t.match(json(await cli('account list --json')), [{ name: 'etl' }, { name: 'robot' }])
  })

  await t.test('disables, enables and deletes', async t => {
    t.match(await cli('account disable etl'), { code: 0, out: 'Disabled etl.\n', err: '' })
    t.match((await cli('account show etl')).out, /State +disabled since 20.* UTC\n/)
    t.match(json(await cli('account enable etl --json')), { name: 'etl', state: 'active' })
    t.match(await cli('account delete etl --yes'), { code: 0, out: 'Deleted etl.\n', err: '' })
    t.match(await cli('account show etl'), { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
  })

  await t.test('asks a person before it deletes, and does nothing where nobody can answer', async t => {
    t.match(await cli('account delete robot'), { code: 2, out: '', err: /nobody to ask\nhint: add --yes/ })
    const no = await cli('account delete robot', { typed: 'n\n' })
    t.match(no, { code: 1, out: '', err: /Delete robot and all its keys for good\? \[y\/N\] .*error: cancelled/s })
    t.equal((await cli('account show robot')).code, 0)
    t.match(await cli('account delete robot', { typed: 'y\n' }), { code: 0, out: 'Deleted robot.\n' })
    await cli('account create robot --role reader --database shop')
    t.match(await cli('account delete robot --yes', { typed: '' }), { code: 0, err: '' })
  })

  await t.test('refuses a role above the own one, and says which database sets the limit', async t => {
    const ada = await person('ada@example.com')
    const env = { POSTERN_API_KEY: ada.token }
    const out = await cli('account create spy --role reader --database nowhere', { env })
    t.match(out, { code: 1, out: '', err: no(/You can not use nowhere/, /leave out nowhere/) })
    await cli('database grant set shop ada@example.com reader')
    const above = await cli('account create spy --role admin --database shop', { env })
    t.match(above, { code: 1, out: '', err: no(/You are reader on shop/, /choose --role reader, or leave out shop/) })
    t.match(await cli('account create spy --role reader --database shop', { env }), { code: 0 })
  })

  await t.test('tells the name that was meant', async t => {
    await cli('account create robot --role reader --database shop')
    t.match(await cli('account show robt'), {
      code: 1,
      err: no(/No such account/, /did you mean robot\? postern account list/),
    })
    t.match(await cli('key list robt'), { code: 1, err: no(/No such account/, /did you mean robot\?/) })
    t.match(await cli('connect robot --database shpo'), { code: 1, err: no(/No such database/, /did you mean shop\?/) })
    t.match(await cli('account create a --role reader --database shpo'), {
      code: 1,
      err: no(/shpo/, /did you mean shop\?/),
    })
    t.match(await cli('account show completely-else'), { code: 1, err: /\nhint: postern account list/ })
  })
}

async function keys(t: Test, { cli, world }: CliWorld): Promise<void> {
  await cli('account create machine --role reader --database shop')

  await t.test('prints the token alone on stdout, and the rest on stderr', async t => {
    const { code, out, err } = await cli('key create machine --name ci-of-the-web-shop --expires-in-days 3')
    t.equal(code, 0)
    t.match(out, /^pstn_\w{12}_\w{49}\n$/)
    t.match(err, /^Made key \w{12} of machine; it expires 20.* UTC\.\nThis is the only time/)
    t.notMatch(err, out.trim())
  })

  await t.test('lists keys, those that work no more too', async t => {
    const { key } = json(await cli('key create machine --json')) as { key: { id: string } }
    t.match(await cli(`key revoke ${key.id}`), { code: 0, out: `Revoked key ${key.id} of machine.\n`, err: '' })
    const listed = await cli('key list machine')
    t.match(
      listed.out,
      /^ID +STATE +NAME +CREATED +EXPIRES +LAST USED\n\w{12} +active +ci-of-the-web-shop +20.*\n\w{12} +revoked +- +20\S+ +- +-\n$/,
    )
    fitsPage(t, (await cli('key list machine', { columns: 80 })).out)
    t.match(json(await cli('key list machine --json')), [
      { name: 'ci-of-the-web-shop' },
      { id: key.id, state: 'revoked' },
    ])
    t.match(json(await cli(`key revoke ${key.id} --json`)), { id: key.id, state: 'revoked' })
  })

  await t.test('revokes by the token on stdin, without any API key', async t => {
    const { token, keyId } = await world.account()
    const { code, out, err } = await cli('key revoke --token -', {
      piped: `${token}\n`,
      env: { POSTERN_API_KEY: undefined },
    })
    t.same({ code, err }, { code: 0, err: '' })
    t.match(out, keyId)
    t.notMatch(out, token)
    const used = await cli('connect robot-1 --database shop', { env: { POSTERN_API_KEY: token } })
    t.match(used, { code: 1, err: /^error: .+\nhint: .+\n$/ })
  })

  await t.test('asks for the token at a terminal, without showing it', async t => {
    const { token, name } = await world.account()
    const { code, out, err } = await cli('key revoke --token -', { typed: `${token}\r` })
    t.equal(code, 0)
    t.notMatch(out + err, token)
    t.match(json(await cli(`key list ${name} --json`)), [{ state: 'revoked' }])
  })

  await t.test('does not call a cut token revoked', async t => {
    const { token } = await world.account()
    const { code, err } = await cli('key revoke --token -', { piped: token.slice(0, -1) })
    t.equal(code, 1)
    t.notMatch(err, token.slice(20, 50))
  })

  await t.test('revokes all, and counts those that were active', async t => {
    const machine = await getAccountByName(world.store, 'machine')
    await world.key(machine, { expiresAt: Date.now() - 1000 })
    t.match(await cli('key revoke-all machine'), { code: 0, out: 'Revoked 1 active key of machine.\n', err: '' })
    t.same(json(await cli('key revoke-all machine --json')), { active: 0, revoked: [] })
  })
}

async function connect(t: Test, { cli }: CliWorld): Promise<void> {
  await cli('account create app --role reader --database shop')

  await t.test('shows every form, with a placeholder for the token', async t => {
    const { code, out } = await cli('connect app --database shop')
    t.equal(code, 0)
    t.match(out, /^app is reader on shop\.\n\nHost +\S+\nPort +\d+\nDatabase +shop\nUser +app\n/)
    for (const part of [
      'postgresql://app:<token>@',
      'PGPASSWORD=',
      'jdbc:postgresql://',
      'export PGUSER=app',
      'Prisma',
    ]) {
      t.match(out, part)
    }
    t.notMatch(out, 'pstn_')
  })

  await t.test('prints one form alone', async t => {
    for (const [format, form] of [
      ['uri', /^postgresql:\/\/app:<token>@\S+\/shop\?\S+\n$/],
      ['psql', /^PGPASSWORD='<token>' psql .*\n$/],
      ['pgpass', /^\S+:\d+:shop:app:<token>\n$/],
      ['dsn', /^host=\S+ port=\d+ dbname=shop user=app password=\S+ .*\n$/],
      ['env', /^(export PG[A-Z]+=.*\n){6,7}$/],
      ['jdbc', /^url=jdbc:postgresql:\S+\nuser=app\npassword=<token>\n$/],
    ] as const) {
      t.match(await cli(`connect app --database shop --format ${format}`), { code: 0, out: form, err: '' }, format)
    }
  })

  await t.test('shows what a tool needs, and which tools there are', async t => {
    const { out } = await cli('connect app --database shop --tool node-postgres')
    t.match(out, /^DATABASE_URL\n {2}postgresql:.*\n\nCode\n {2}import pg from 'pg'\n\n {2}const pool/)
    t.match(json(await cli('connect app --database shop --tool PRISMA --json')), { tool: 'Prisma' })
    t.match(await cli('connect app --database shop --tool foxpro'), { code: 2, err: /hint: one of .*Prisma/ })
  })

  await t.test('prints JSON', async t => {
    t.match(json(await cli('connect app --database shop --json')), { account: 'app', password: '<token>' })
  })
}

async function refusals(t: Test, { cli, world }: CliWorld): Promise<void> {
  await t.test('says what to do when the key is not accepted', async t => {
    const refused = await cli('account list', { env: { POSTERN_API_KEY: 'pstn_nonsense' } })
    t.match(refused, { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
  })

  await t.test('or the one that npm start left', async t => {
    const cwd = t.testdir({ '.postern': {} })
    const quickstart = { api: world.instance.api, admin: { token: 'pstn_old' } }
    await writeFile(join(cwd, '.postern', 'quickstart.json'), JSON.stringify(quickstart), { mode: 0o600 })
    const env = { POSTERN_API_URL: undefined, POSTERN_API_KEY: undefined }
    t.match(await cli('account list', { cwd, env }), { code: 1, err: /hint: .*quickstart\.json.*npm start again/ })
  })

  await t.test('says what is not allowed', async t => {
    const { token } = await world.account()
    const refused = await cli('account list', { env: { POSTERN_API_KEY: token } })
    t.match(refused, { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
  })

  await t.test('takes no other answer for that of the API', async t => {
    const refused = await cli('account list', { env: { POSTERN_API_URL: `${world.instance.api}/nowhere` } })
    t.match(refused, { code: 1, out: '', err: /^error: .+\nhint: .+\n$/ })
  })
}
