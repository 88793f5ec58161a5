// `postern key rotate`, and what `key list` tells of it, against the real API.

import t from 'tap'
import { fitsPage, json, makeCliWorld, no } from './world-cli.js'

void t.test('key rotate', async t => {
  const { cli, world } = await makeCliWorld(t)
  const old = await world.account({ name: 'machine' })

  await t.test('prints the new token alone on stdout, and the rest on stderr', async t => {
    const { code, out, err } = await cli(`key rotate ${old.keyId} --grace 2h`)
    t.equal(code, 0)
    t.match(out, /^pstn_\w{12}_\w{49}\n$/)
    t.match(err, new RegExp(`^Made key \\w{12} of machine; key ${old.keyId} works until 20.* UTC\\.\nThis is the only`))
    t.notMatch(err, out.trim())
    for (const token of [old.token, out.trim()]) {
      t.match(await cli('whoami', { env: { POSTERN_API_KEY: token } }), { code: 0 }, 'both work')
    }
    const listed = await cli('key list machine')
    t.match(
      listed.out,
      /^ID +STATE +NAME +CREATED +EXPIRES +LAST USED\n\w{12} +active +- +20\S+ +20\S+ \S+ +(-|20.*)\n/,
    )
    fitsPage(t, listed.out)
    t.match(json(await cli('key list machine --json')), [{ id: old.keyId, successor: out.slice(5, 17) }, {}])
  })

  await t.test('ends the old key at once where no time is given', async t => {
    const member = await world.account({ name: 'other' })
    const { err } = await cli(`key rotate ${member.keyId} --grace 0 --name fresh --expires-in-days 2`)
    t.match(err, `key ${member.keyId} works no more.\n`)
    t.match(json(await cli('key list other --json')), [{ state: 'revoked' }, { name: 'fresh', state: 'active' }])
    const again = await cli(`key rotate ${member.keyId} --json`)
    t.match(again, { code: 1, out: '', err: no(/no longer works/, /took its place/) })
  })

  await t.test('refuses what is no time, and a key that is unknown', async t => {
    t.match(await cli(`key rotate ${old.keyId} --grace soon`), { code: 2, err: no(/--grace/, /key rotate --help/) })
    t.match(await cli('key rotate abcdefghijkl'), { code: 1, err: no(/No such key/, /postern key list/) })
  })
})
