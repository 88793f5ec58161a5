// `postern audit`, against the real API and a store that somebody tampers with.

import t from 'tap'
import { withTransaction } from '../../src/store/transaction.js'
import { fitsPage, json, makeCliWorld, no } from './world-cli.js'

interface Verified {
  readonly checked: number
  readonly head: { readonly seq: number; readonly hash: string }
}

void t.test('audit', async t => {
  const { cli, world, person } = await makeCliWorld(t)
  const { token } = await person('ada@example.com')
  await cli('account create robot --role reader --database shop')
  await cli('account disable robot')
  await cli('group create analysts')
  await cli('group create analysts', { env: { POSTERN_API_KEY: token } })

  await t.test('lists the newest first, and what was refused with its reason', async t => {
    const { code, out, err } = await cli('audit list')
    t.match({ code, err }, { code: 0, err: '' })
    const [title, refused, group, disabled] = out.split('\n')
    t.match(title, /^SEQ +TIME +ACTOR +ACTION +TARGET +OUTCOME$/)
    t.match(refused, /^\d+ +20\S+ \S+ +ada@\S+ +group\.create +- +permiss\S+$/)
    t.match(group, / admin@\S+ +group\.create +\S+ +done$/)
    t.match(disabled, / service-account\.disable +robot +done$/)
    fitsPage(t, (await cli('audit list', { columns: 80 })).out)
  })

  await t.test('filters, and shows no more than asked for', async t => {
    t.match(json(await cli('audit list --limit 1 --json')), [{ actor: 'ada@example.com', outcome: 'refused' }])
    t.equal((json(await cli('audit list --limit 1 --json')) as unknown[]).length, 1)
    const mine = json(await cli('audit list --actor ada@example.com --outcome refused --action group --json'))
    t.match(mine, [{ action: 'group.create', reason: 'permission_denied' }])
    t.equal((mine as unknown[]).length, 1)
    t.match(json(await cli('audit list --target analysts --json')), [{ after: { name: 'analysts' } }])
    t.same(json(await cli('audit list --until 2020-01-01 --json')), [])
    t.match(await cli('audit list --from yesterday'), { code: 2, err: no(/--from/, /audit list --help/) })
    t.match(await cli('audit list --limit 0'), { code: 2 })
  })

  await t.test('looks a reference up in any form, and sends nothing of what stands around it', async t => {
    const refused = json(await cli('audit list --limit 1 --outcome refused --json')) as {
      seq: number
      reference: string
    }[]
    const { seq, reference } = refused[0] ?? { seq: 0, reference: '' }
    const bare = reference.replace('urn:uuid:', '')
    const pasted = `PGPASSWORD='pstn_x' psql\nERROR ${'x'.repeat(20_000)}\nReference: ${reference}\n`
    for (const form of [reference, bare, bare.toUpperCase(), `Reference:${bare}`, `"${reference}"`, pasted]) {
      t.match(json(await cli(['audit', 'list', '--json', '--reference', form])), [{ seq }], form)
      t.match(await cli(['audit', 'export', '--reference', form]), { code: 0, err: 'Exported 1 event.\n' }, form)
    }
    t.same(json(await cli('audit list --json --reference 7ceph-ynpta')), [])
    for (const wrong of ['NOBODY-KNOWS', 'psql: error:\nFATAL:  password authentication failed\n', '']) {
      const { code, out, err } = await cli(['audit', 'list', '--reference', wrong])
      t.match({ code, out, err }, { code: 2, out: '', err: no(/--reference/, /7CEPH-YNPTA or urn:uuid:/) }, wrong)
    }
  })

  await t.test('exports a line an event, the oldest first', async t => {
    const { code, out, err } = await cli('audit export')
    t.equal(code, 0)
    const events = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { seq: number })
    t.equal(err, `Exported ${events.length} events.\n`)
    t.same(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    )
    t.match(await cli('audit export --action group.create --outcome done'), {
      out: /^\{.*\}\n$/,
      err: 'Exported 1 event.\n',
    })
    t.match(await cli('audit export --until 2020-01-01'), { code: 0, out: '', err: 'Exported 0 events.\n' })
  })

  await t.test('is for admins and viewers', async t => {
    for (const verb of ['list', 'export', 'verify']) {
      const refused = await cli(`audit ${verb}`, { env: { POSTERN_API_KEY: token } })
      t.match(refused, { code: 1, out: '', err: no(/may not do this/) }, verb)
    }
  })

  await t.test('verify finds what was altered, with exit code 1', async t => {
    const whole = await cli('audit verify')
    t.match(whole, { code: 0, out: /^Intact +\d+ events\nHead +\d+:[0-9a-f]{64}\n$/, err: '' })
    const { checked, head } = json(await cli('audit verify --json')) as Verified
    t.ok(checked > 0)
    const anchor = `${head.seq}:${head.hash}`
    t.match(await cli(`audit verify --anchor ${anchor}`), { code: 0 })
    const other = await cli(`audit verify --anchor ${head.seq}:${'0'.repeat(64)}`)
    t.match(other, { code: 1, err: no(/event \d+ was altered/) })
    t.match(await cli(`audit verify --anchor ${head.seq}`), { code: 2, err: no(/--anchor/) })

    await withTransaction(world.store, async tx => {
      await tx.run('tamper', "set local session_replication_role = 'replica'")
      await tx.run('tamper', 'grant all on postern.audit_events to current_user')
      await tx.run('tamper', "update postern.audit_events set actor = 'eve' where seq = 2")
    })
    const found = await cli('audit verify')
    t.match(found, {
      code: 1,
      out: /^Intact +1 event\n/,
      err: no(/not as it was written: event 2 was altered/, /backup/),
    })
    t.match(JSON.parse((await cli('audit verify --json')).out), { ok: false, first_problem: { seq: 2 } })
  })
})
