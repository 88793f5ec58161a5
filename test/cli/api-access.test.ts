import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findApi } from '../../src/cli/api-access.js'
import { isExposed } from '../../src/cli/api-url.js'
import { CommandError } from '../../src/cli/command-error.js'
import { writeLogin } from '../../src/cli/stored-login.js'

const quickstart = JSON.stringify({ api: 'http://127.0.0.1:8080', admin: { token: 'from-file' } })

void t.test('believes the environment first', async t => {
  const cwd = t.testdir({ '.postern': { 'quickstart.json': quickstart } })
  const env = { POSTERN_API_URL: 'https://postern.example.com/', POSTERN_API_KEY: ' from-env\n' }
  t.same(await findApi({ cwd, env }), {
    url: 'https://postern.example.com',
    token: 'from-env',
    source: 'environment',
  })
})

void t.test('finds the quickstart file of a folder above', async t => {
  const root = t.testdir({ '.postern': { 'quickstart.json': quickstart }, a: { b: {} } })
  t.same(await findApi({ cwd: join(root, 'a', 'b'), env: {} }), {
    url: 'http://127.0.0.1:8080',
    token: 'from-file',
    source: 'quickstart',
  })
})

void t.test('never sends the token of the quickstart file to a URL from the environment', async t => {
  const cwd = t.testdir({ '.postern': { 'quickstart.json': quickstart } })
  const access = await findApi({ cwd, env: { POSTERN_API_URL: 'https://elsewhere.example.com' } })
  t.equal(access.token, null)
})

void t.test('nor the token of the environment to the URL of a file', async t => {
  const cwd = t.testdir({ '.postern': { 'quickstart.json': quickstart } })
  await t.rejects(findApi({ cwd, env: { POSTERN_API_KEY: 'secret' } }), { message: /POSTERN_API_URL is not/ })
})

void t.test(
  'believes what postern login keeps before the quickstart file, and the environment before both',
  async t => {
    const cwd = t.testdir({ '.postern': { 'quickstart.json': quickstart } })
    const login = { XDG_CONFIG_HOME: join(cwd, 'settings') }
    await writeLogin(login, { url: 'https://kept.example.com', token: 'kept' })
    t.same(await findApi({ cwd, env: login }), { url: 'https://kept.example.com', token: 'kept', source: 'login' })
    const env = { ...login, POSTERN_API_URL: 'https://set.example.com' }
    t.same(await findApi({ cwd, env }), { url: 'https://set.example.com', token: null, source: 'environment' })
  },
)

void t.test('tells how to start when nothing is known', async t => {
  await t.rejects(findApi({ cwd: '/', env: {} }), {
    name: 'CommandError',
    hint: /npm start.*postern login.*POSTERN_API_URL/,
  })
})

void t.test('does not use a file that others may write', async t => {
  const cwd = t.testdir({ '.postern': { 'quickstart.json': quickstart } })
  await chmod(join(cwd, '.postern', 'quickstart.json'), 0o666)
  await t.rejects(findApi({ cwd, env: {} }), { message: /could be written by another user/ })
})

void t.test('says so when the file can not be understood', async t => {
  for (const text of ['', '{', '[]', '{"api":1}', 'null', '{"api":"http://x"}']) {
    const cwd = t.testdir()
    await mkdir(join(cwd, '.postern'), { recursive: true })
    await writeFile(join(cwd, '.postern', 'quickstart.json'), text)
    await t.rejects(findApi({ cwd, env: {} }), { message: /can not be understood/ }, text)
  }
})

void t.test('refuses what is no http URL, without repeating it', async t => {
  for (const url of ['localhost:8080', 'ftp://x', 'http://me:hunter2@x']) {
    const error: unknown = await findApi({ cwd: '/', env: { POSTERN_API_URL: url } }).catch((error: unknown) => error)
    t.ok(error instanceof CommandError, url)
    t.notMatch((error as Error).message, url)
  }
})

void t.test('knows when a token could be read on its way', async t => {
  t.ok(isExposed('http://postern.example.com'))
  t.ok(isExposed('http://127.0.0.1.example.com'))
  for (const url of ['https://postern.example.com', 'http://localhost:1', 'http://127.0.0.1', 'http://[::1]:1']) {
    t.notOk(isExposed(url), url)
  }
})
