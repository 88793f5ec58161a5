// How the console is served: its page and files, and what keeps them apart from the API.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { unconnectedApi } from '../support/api-document.js'

const SCRIPT = 'console.log("a script")'
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

async function built(t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-console-'))
  t.teardown(() => rm(dir, { recursive: true }))
  await mkdir(join(dir, 'assets'))
  await writeFile(
    join(dir, 'index.html'),
    '<script nonce="POSTERN-NONCE"></script><style nonce="POSTERN-NONCE"></style>',
  )
  await writeFile(join(dir, 'assets/main-1a2b.js'), SCRIPT)
  await writeFile(join(dir, 'assets/main-1a2b.js.br'), brotliCompressSync(SCRIPT))
  return dir
}

void t.test('the console of a built folder', async t => {
  const app = await unconnectedApi({ consoleDir: await built(t) })
  t.teardown(() => app.close())

  await t.test('its page has a nonce of its own each time, and a policy without inline scripts', async t => {
    const pages = await Promise.all([app.inject('/'), app.inject('/')])
    const nonces = pages.map(({ payload }) => /nonce="([^"]+)"/.exec(payload)?.[1] ?? '')
    t.not(nonces[0], nonces[1])
    for (const [index, page] of pages.entries()) {
      t.equal(page.statusCode, 200)
      t.notMatch(page.payload, 'POSTERN-NONCE')
      const policy = String(page.headers['content-security-policy'])
      t.match(policy, `style-src 'self' 'nonce-${nonces[index]}'`)
      t.match(policy, "default-src 'self';")
      t.match(policy, "frame-ancestors 'none'")
      t.notMatch(policy, /unsafe|script-src/)
      t.match(page.headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    }
  })

  await t.test('every address that a person may have open shows it', async t => {
    for (const url of ['/databases/shop', '/databases/owner%2Fshop/connect?tool=psql', '/invitation', '/nonsense']) {
      const page = await app.inject({ url, headers: HTML })
      t.equal(page.statusCode, 200, url)
      t.match(page.headers['content-type'], 'text/html')
    }
  })

  await t.test('programs, other methods and the addresses of the API get a problem', async t => {
    for (const request of [
      { url: '/databases', headers: { accept: 'application/json' } },
      { url: '/databases' },
      { url: '/databases', method: 'POST', headers: HTML },
      { url: '/v1/nonsense', headers: HTML },
      { url: '/v1', headers: HTML },
      { url: '/docs/nonsense', headers: HTML },
      { url: '/assets/gone-9z.js', headers: HTML },
      { url: '/assets/..%2findex.html', headers: HTML },
    ] as const) {
      const answer = await app.inject(request)
      t.equal(answer.statusCode, 404, request.url)
      t.notMatch(answer.headers['content-type'], 'text/html')
      t.match(answer.headers['content-security-policy'], "'none'")
    }
  })

  await t.test('a file may be kept for ever, and comes compressed to whom that helps', async t => {
    const plain = await app.inject('/assets/main-1a2b.js')
    t.equal(plain.payload, SCRIPT)
    t.match(plain.headers, {
      'cache-control': /immutable/,
      vary: /accept-encoding/,
      'content-type': /^text\/javascript/,
    })
    const headers = { 'accept-encoding': 'gzip, deflate, br;q=1.0' }
    const small = await app.inject({ url: '/assets/main-1a2b.js', headers })
    t.equal(small.headers['content-encoding'], 'br')
    t.equal(brotliDecompressSync(small.rawPayload).toString(), SCRIPT)
  })
})

void t.test('a console that was not built says what to do', async t => {
  const app = await unconnectedApi()
  t.teardown(() => app.close())
  for (const url of ['/', '/databases']) {
    const page = await app.inject({ url, headers: HTML })
    t.equal(page.statusCode, 503)
    t.match(page.payload, 'npm run build')
  }
  t.equal((await app.inject('/assets/main.js')).statusCode, 404)
})
