// The script of the README that does a whole automation, run as it stands there against everything that `npm start` starts.

import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { testServer } from '../support/postgres.js'
import { postern } from '../support/postern.js'
import { missing, run } from '../support/tools.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PORTS = ['--port', '0', '--api-port', '0', '--metrics-port', '0']

interface Ready {
  readonly api: string
  readonly admin: { readonly token: string }
}

async function script(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [found] = [...readme.matchAll(/^```bash\n(.*?)^```$/gms)].filter(([block]) => block.includes('audit verify'))
  if (found?.[1] === undefined) throw new Error('the README has no such script')
  return found[1]
}

void t.test('the automation of the README does what it says', { skip: missing('psql') || missing('bash') }, async t => {
  const server = await testServer(t)
  const dir = await mkdtemp(join(tmpdir(), 'postern-automation-'))
  await chmod(dir, 0o711)
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const running = postern(t, ['up', '--json', '--data', join(dir, 'data'), ...PORTS])
  const { api, admin } = JSON.parse(await running.line(/^\{"ready"/)) as Ready

  const { code, stdout, stderr } = await run('bash', ['-c', await script()], {
    // Where npx finds the command of this checkout, as it does for who follows the README.
    cwd: ROOT,
    env: {
      POSTERN_API_URL: api,
      POSTERN_API_KEY: admin.token,
      SHOP_ADMIN_URL: await server.freshDatabase(),
      PGCONNECT_TIMEOUT: '10',
    },
    timeoutMs: 150_000,
  })
  t.equal(code, 0, stderr)
  t.match(stdout, 'Added shop.')
  t.equal(
    stdout.match(/^ postern_shop_reader$/gm)?.length,
    3,
    'it reads with the first key, with both, and with the second',
  )
  t.match(stdout, /^Revoked key \w{12} of nightly\.$/m)
  t.match(stdout, /^Intact +\d+ events$/m)
  t.match(stdout, /service-account\.create +nightly/)
  for (const action of ['group-member\\.add', 'key\\.create', 'key\\.rotate', 'key\\.revoke']) {
    t.match(stdout, new RegExp(`${action} +\\S+ ?\\S* +done`), `audit list --target nightly has ${action}`)
  }
  t.notMatch(stdout + stderr, /pstn_/)

  running.kill('SIGINT')
  t.equal(await running.ended, 0)
})
