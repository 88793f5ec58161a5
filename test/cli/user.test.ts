// `postern user`, against the real API.

import t, { type Test } from 'tap'
import { fitsPage, json, makeCliWorld, no, type CliWorld } from './world-cli.js'

void t.test('user', async t => {
  const world = await makeCliWorld(t)
  await t.test('invitations', t => invitations(t, world))
  await t.test('people', t => people(t, world))
  await t.test('forgotten passwords', t => passwordLinks(t, world))
  await t.test('deletion', t => deletion(t, world))
})

async function invitations(t: Test, { cli, person }: CliWorld): Promise<void> {
  await t.test('prints the link alone on stdout, and the rest on stderr', async t => {
    const { code, out, err } = await cli('user invite eve@example.com --role member')
    t.equal(code, 0)
    t.match(out, /^http\S+#\S+\n$/)
    t.match(err, /^Invited eve@example\.com as member; the link works once, until 20.* UTC\.\n$/)
    t.match(json(await cli('user invite bob@example.com --role viewer --json')), { invitation: { org_role: 'viewer' } })
  })

  await t.test('lists them, and takes one back', async t => {
    const listed = await cli('user invitations')
    t.match(listed.out, /^EMAIL +ROLE +STATE +INVITED BY +EXPIRES\nbob@example\.com +viewer +pending +admin@.*\neve@/)
    t.notMatch(listed.out, '#')
    fitsPage(t, listed.out)
    const back = await cli('user uninvite Bob@example.com')
    t.match(back, { code: 0, out: 'Took the invitation of Bob@example.com back.\n', err: '' })
    t.match(json(await cli('user invitations --json')), [{ email: 'bob@example.com', state: 'revoked' }, {}])
    t.match(await cli('user uninvite bob@example.com'), {
      code: 1,
      err: no(/no invitation of bob/, /user invitations/),
    })
  })

  await t.test('is for admins, and for people who are not here yet', async t => {
    const { token } = await person('mel@example.com')
    const refused = await cli('user invite x@example.com --role admin', { env: { POSTERN_API_KEY: token } })
    t.match(refused, { code: 1, out: '', err: no(/may not do this/) })
    t.match(await cli('user invite mel@example.com --role admin'), { code: 1, err: no(/already/, /postern user/) })
  })
}

async function people(t: Test, { cli, person }: CliWorld): Promise<void> {
  const ada = await person('ada@example.com')

  await t.test('lists and shows people', async t => {
    const listed = await cli('user list')
    t.match(
      listed.out,
      /^EMAIL +ROLE +STATE +KEYS +GROUPS\nada@example\.com +member +active +1 +-\nadmin@example\.com +admin /,
    )
    fitsPage(t, listed.out)
    await cli('group create operators --organization-admin')
    await cli('group member add operators ada@example.com')
    const shown = await cli('user show ada@example.com')
    t.match(
      shown.out,
      /^E-mail +ada@example\.com\nRole +member, administers through a group\nState +active\nGroups +operators\n/,
    )
    t.match(json(await cli('user show ada@example.com --json')), { org_role: 'member', administers: true })
    await cli('group member remove operators ada@example.com')
    t.match(await cli('user show aba@example.com'), {
      code: 1,
      err: no(/No such person/, /did you mean ada@example.com\?/),
    })
  })

  await t.test('changes what one may do', async t => {
    t.match(await cli('user edit ada@example.com --role viewer'), {
      code: 0,
      out: 'ada@example.com is viewer.\n',
      err: '',
    })
    t.match(json(await cli('user edit ada@example.com --role member --json')), { org_role: 'member' })
    t.match(await cli('user edit admin@example.com --role member'), { code: 1, err: no(/last active admin|your own/) })
  })

  await t.test('deactivates and activates', async t => {
    t.match(await cli('user deactivate ada@example.com'), { code: 0, out: 'Deactivated ada@example.com.\n', err: '' })
    t.match((await cli('user show ada@example.com')).out, /State +deactivated since 20.* UTC\n/)
    t.match(await cli('whoami', { env: { POSTERN_API_KEY: ada.token } }), { code: 1 })
    t.match(await cli('user activate ada@example.com'), { code: 0, out: 'Activated ada@example.com.\n', err: '' })
    t.match(await cli('whoami', { env: { POSTERN_API_KEY: ada.token } }), { code: 0 })
  })
}

async function passwordLinks(t: Test, { world, cli, person }: CliWorld): Promise<void> {
  const eva = await person('eva@example.com', 'viewer')

  await t.test('prints the password link alone on stdout, and the link sets a password', async t => {
    const { code, out, err } = await cli('user password-link Eva@example.com')
    t.equal(code, 0)
    t.match(out, /^http\S+\/invitation#\S+\n$/)
    t.match(err, /^Made a password link for eva@example\.com\. It works once, until 20.* UTC\.\n.*only time.*\n$/)
    const [, token = ''] = out.trim().split('#')
    t.notMatch(err, token)
    const post = (path: string, body: object) =>
      fetch(`${world.instance.api}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const password = 'correct horse battery staple'
    t.equal((await post('/v1/invitations/accept', { token, password })).status, 200)
    t.equal((await post('/v1/login', { email: eva.name, password })).status, 200)
    t.equal((await post('/v1/invitations/accept', { token, password })).status >= 400, true, 'once')
  })

  await t.test('prints all of it with --json', async t => {
    const made = json(await cli('user password-link eva@example.com --json'))
    t.match(made, { url: /#./, token: String, invitation: { email: 'eva@example.com', state: 'pending' } })
  })

  await t.test('names people who are deactivated or unknown, and what to do', async t => {
    await cli('user deactivate eva@example.com')
    const off = await cli('user password-link eva@example.com')
    t.match(off, { code: 1, out: '', err: no(/eva@example\.com is deactivated/, /postern user activate/) })
    const unknown = await cli('user password-link zed@example.org')
    t.match(unknown, { code: 1, out: '', err: no(/No such person.*zed@example\.org/, /user list.*user invitations/) })
    t.match(await cli('user password-link evaa@example.com'), {
      code: 1,
      err: no(/./, /did you mean eva@example\.com/),
    })
    t.match(await cli('user password-link'), { code: 2, out: '' })
    const { token } = await person('max@example.com')
    const refused = await cli('user password-link admin@example.com', { env: { POSTERN_API_KEY: token } })
    t.match(refused, { code: 1, out: '', err: no(/may not do this/) })
  })
}

async function deletion(t: Test, { cli, person }: CliWorld): Promise<void> {
  const make = async (email: string, ...accounts: string[]) => {
    const { token } = await person(email)
    await cli(`database grant set shop ${email} reader`)
    for (const name of accounts) {
      await cli(`account create ${name} --role reader --database shop`, { env: { POSTERN_API_KEY: token } })
    }
  }

  await t.test('asks first', async t => {
    await make('one@example.com')
    t.match(await cli('user delete one@example.com'), {
      code: 2,
      out: '',
      err: no(/Delete one@example\.com for good/, /--yes/),
    })
    t.match(await cli('user delete one@example.com', { typed: 'n\n' }), { code: 1, err: /cancelled/ })
    t.match(await cli('user delete one@example.com', { typed: 'y\n' }), { code: 0, out: 'Deleted one@example.com.\n' })
    t.match(await cli('user show one@example.com'), { code: 1, err: no(/No such person/) })
  })

  await t.test('wants to know what becomes of the accounts that they made', async t => {
    await make('two@example.com', 'a1', 'a2', 'a3', 'a4')
    const refused = await cli('user delete two@example.com --yes')
    t.match(refused, {
      code: 1,
      out: '',
      err: no(/made/, /--delete-accounts or --transfer-to EMAIL for a1, a2, a3 and 1 more/),
    })
    const nobody = await cli('user delete two@example.com --yes --transfer-to no@example.com')
    t.match(nobody, { code: 1, err: no(/./) })
    t.match(await cli('user delete two@example.com --yes --transfer-to ada@example.com'), { code: 0 })
    t.match(json(await cli('account show a1 --json')), { made_by: 'ada@example.com' })
    t.match(await cli('user delete ada@example.com --yes --delete-accounts'), {
      code: 0,
      out: 'Deleted ada@example.com.\n',
    })
    t.match(await cli('account show a1'), { code: 1, err: no(/No such account/) })
  })
}
