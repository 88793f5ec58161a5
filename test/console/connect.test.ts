// The Connect tab of a database with more accounts than a page of them: the account that is shown, and is given a key, is
// the one that was asked for.

import t from 'tap'
import { disableAccount } from '../../src/store/account-lifecycle.js'
import { getAccountByName } from '../../src/store/accounts.js'
import { withTransaction } from '../../src/store/transaction.js'
import { noBrowser } from '../support/browser.js'
import { manyAccounts } from '../support/many.js'
import { missing, run } from '../support/tools.js'
import { makeConsole } from './console.js'

const PLAIN = JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }])
const noTools = noBrowser || missing('psql')

interface ServiceAccounts {
  readonly items: readonly { readonly name: string; readonly active_keys: number }[]
}

void t.test('connecting to a database of many accounts', { skip: noTools, timeout: 280_000 }, async t => {
  const { world, url, signedIn, person, look } = await makeConsole(t, { env: { POSTERN_LISTENERS: PLAIN } })
  const { store, admin, database } = world
  await manyAccounts(store, { prefix: 'acct-', howMany: 120, databaseId: database.id, makerId: admin.id })
  const page = await signedIn()
  const dialog = page.getByRole('dialog')
  const createKey = page.getByRole('button', { name: 'Create key' })

  /** Names of the service accounts that have a key, as the API lists them. */
  const keyOwners = async () => {
    const response = await page.request.get(`${url}/v1/service-accounts?limit=200`)
    const { items } = (await response.json()) as ServiceAccounts
    return items.filter(({ active_keys: keys }) => keys > 0).map(({ name }) => name)
  }

  await t.test('of many accounts none is chosen before one is asked for, and one of them finds any', async t => {
    await page.goto('/databases/shop')
    await page.getByRole('radio', { name: 'acct-0000' }).waitFor()
    await page.getByText('Choose who connects').waitFor()
    t.equal(await page.getByRole('radio', { checked: true }).count(), 0)
    t.equal(await createKey.count(), 0)
    t.match(await page.getByRole('radio').first().textContent(), admin.name, "one's own account comes first")
    await page.getByRole('searchbox', { name: 'Find a service account' }).fill('CT-0117')
    await page.getByRole('radio', { name: 'acct-0000' }).waitFor({ state: 'detached' })
    t.equal(await page.getByRole('radio', { name: admin.name }).count(), 1, 'which stays while one searches')
    await page.getByRole('radio', { name: 'acct-0117' }).click()
    await page.getByRole('form', { name: 'New key of acct-0117' }).waitFor()
    t.match(page.url(), 'account=acct-0117')
    await look(t, page, 'connect-many')
    await page.getByRole('searchbox', { name: 'Find a service account' }).fill('no%')
    await page.getByText('No service account matches no%.').waitFor()
    await page.getByRole('radio', { name: 'acct-0117', checked: true }).waitFor()
  })

  await t.test('all pages can be read', async () => {
    await page.goto('/databases/shop')
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByRole('radio', { name: 'acct-0119' }).waitFor()
    await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' })
  })

  await t.test('a key made right after an account belongs to that account, and psql connects with it', async t => {
    await page.goto('/databases/shop')
    await page.getByRole('button', { name: 'Create new' }).click()
    await dialog.getByLabel('Name').fill('zz-new')
    await dialog.getByRole('button', { name: 'Create service account' }).click()
    await page.getByRole('radio', { name: 'zz-new', checked: true }).waitFor()
    t.match(page.url(), 'account=zz-new')
    await page.getByRole('form', { name: 'New key of zz-new' }).getByLabel('A new key').fill('made-for-zz')
    await createKey.click()
    await page.getByText('The key of zz-new is made').waitFor()
    t.same(await keyOwners(), ['zz-new'])
    const line = (await page.getByLabel('psql', { exact: true }).textContent()) ?? ''
    t.match(line, /zz-new/)
    const { code, stdout, stderr } = await run('sh', ['-c', `${line} -Atc 'show postern.account'`])
    t.equal(code, 0, stderr)
    t.match(stdout, /^zz-new$/m)
  })

  await t.test('while the answers after a creation are on their way, no other account can be given a key', async t => {
    await page.goto('/databases/shop?account=acct-0000')
    await createKey.waitFor()
    await page.getByRole('button', { name: 'Create new' }).click()
    await dialog.getByLabel('Name').fill('zz-slow')
    let release = (): void => undefined
    const released = new Promise<void>(resolve => (release = resolve))
    await page.route('**/v1/databases/**', async route => {
      await released
      await route.continue()
    })
    await dialog.getByRole('button', { name: 'Create service account' }).click()
    await page.getByText('Made the service account zz-slow').waitFor()
    await dialog.waitFor({ state: 'detached' })
    await page.waitForURL(/account=zz-slow/)
    t.equal(await createKey.count(), 0, 'nor is any other on the page')
    t.equal(await page.getByRole('radio', { checked: true }).count(), 1)
    await page.getByRole('radio', { name: 'zz-slow', checked: true }).waitFor()
    release()
    await page.getByRole('form', { name: 'New key of zz-slow' }).waitFor()
    await page.unroute('**/v1/databases/**')
    await createKey.click()
    await page.getByText('The key of zz-slow is made').waitFor()
    t.same(await keyOwners(), ['zz-new', 'zz-slow'])
  })

  await t.test('a link to an account of a later page shows that account', async t => {
    await page.goto('/databases/shop?account=acct-0115')
    await page.getByRole('form', { name: 'New key of acct-0115' }).waitFor()
    await page.getByRole('radio', { name: 'acct-0115', checked: true }).waitFor()
    t.match(await page.getByLabel('psql', { exact: true }).textContent(), /acct-0115/)
  })

  await t.test('a link to an account that cannot connect says why, and offers no key', async t => {
    const disabled = await getAccountByName(store, 'acct-0003')
    await withTransaction(store, tx => disableAccount(tx, disabled.id))
    await person('max@example.com', 'member')
    const links = {
      'acct-0003': 'it is disabled',
      'no-such': 'it does not exist, or you may not see it',
      'max@example.com': 'it is the account of another person',
    }
    for (const [account, why] of Object.entries(links)) {
      await page.goto(`/databases/shop?account=${encodeURIComponent(account)}`)
      await page.getByText(`${account} cannot connect to this database: ${why}`).waitFor()
      await page.getByRole('radio', { name: 'acct-0001' }).waitFor()
      t.equal(await page.getByRole('radio', { checked: true }).count(), 0)
      t.equal(await createKey.count(), 0)
    }
    await store.run('revoke', 'delete from postern.pinned_databases where account_id = $1', [
      (await getAccountByName(store, 'acct-0004')).id,
    ])
    await page.goto('/databases/shop?account=acct-0004')
    await page.getByText('acct-0004 cannot connect to this database: it has no access').waitFor()
    t.equal(await createKey.count(), 0)
  })

  await t.test('a viewer is offered no key of a service account, and one of their own', async t => {
    const vera = await person('vera@example.com', 'viewer')
    await store.run('grant', `insert into postern.grants (account_id, database_id, role) values ($1, $2, 'reader')`, [
      vera.id,
      database.id,
    ])
    const hers = await signedIn(vera.name)
    await hers.goto('/databases/shop?account=acct-0001')
    await hers.getByText('Viewers cannot create keys of service accounts').waitFor()
    await hers.getByLabel('psql', { exact: true }).waitFor()
    t.equal(await hers.getByRole('button', { name: 'Create key' }).count(), 0)
    t.equal(await hers.getByRole('button', { name: 'Create new' }).count(), 0)
    await hers.getByRole('radio', { name: vera.name }).click()
    await hers.getByRole('form', { name: `New key of ${vera.name}` }).waitFor()
  })
})
