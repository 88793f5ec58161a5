import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loginFile, readLogin, removeLogin, writeLogin } from '../../src/cli/stored-login.js'

const login = { url: 'https://postern.example.com', token: 'secret' }

function settings(t: Test): { XDG_CONFIG_HOME: string; file: string } {
  const XDG_CONFIG_HOME = t.testdir()
  return { XDG_CONFIG_HOME, file: join(XDG_CONFIG_HOME, 'postern', 'credentials.json') }
}

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

void t.test('lies where the XDG specification says', async t => {
  t.equal(loginFile({ XDG_CONFIG_HOME: '/x', HOME: '/home/me' }), '/x/postern/credentials.json')
  t.equal(loginFile({ HOME: '/home/me' }), '/home/me/.config/postern/credentials.json')
  t.equal(loginFile({ XDG_CONFIG_HOME: '', HOME: '/home/me' }), '/home/me/.config/postern/credentials.json')
  t.equal(loginFile({ XDG_CONFIG_HOME: 'not/absolute', HOME: '/home/me' }), '/home/me/.config/postern/credentials.json')
  t.equal(loginFile({}), null)
})

void t.test('keeps a login for this user alone, and gives it back', async t => {
  const env = settings(t)
  t.equal(await writeLogin(env, login), env.file)
  t.equal(await mode(env.file), 0o600)
  t.equal(await mode(join(env.XDG_CONFIG_HOME, 'postern')), 0o700)
  t.same(await readLogin(env), login)
})

void t.test('closes a folder that was open, and leaves nothing but the file', async t => {
  const env = settings(t)
  const folder = join(env.XDG_CONFIG_HOME, 'postern')
  await mkdir(folder)
  await chmod(folder, 0o755)
  await writeLogin(env, { ...login, token: 'before' })
  await writeLogin(env, login)
  t.equal(await mode(folder), 0o700)
  t.same(await readdir(folder), ['credentials.json'])
  t.same(await readLogin(env), login)
})

void t.test('does not write through a link that lies in its place', async t => {
  const env = settings(t)
  await mkdir(join(env.XDG_CONFIG_HOME, 'postern'))
  const elsewhere = join(env.XDG_CONFIG_HOME, 'elsewhere')
  await writeFile(elsewhere, 'untouched')
  await symlink(elsewhere, env.file)
  await writeLogin(env, login)
  t.equal(await readFile(elsewhere, 'utf8'), 'untouched')
  t.equal(await mode(env.file), 0o600)
})

void t.test('refuses a file that others can read', async t => {
  const env = settings(t)
  await writeLogin(env, login)
  for (const open of [0o640, 0o604]) {
    await chmod(env.file, open)
    await t.rejects(readLogin(env), { message: /can be read by other users/, hint: /^chmod 600 / })
  }
})

void t.test('refuses a file that holds something else, without repeating it', async t => {
  const env = settings(t)
  await writeLogin(env, login)
  for (const text of ['', '{', 'null', '{"url":"https://x"}', '{"token":"hunter2"}']) {
    await writeFile(env.file, text)
    await t.rejects(readLogin(env), { message: /can not be understood/, hint: 'run postern login again' })
  }
})

void t.test('forgets, and does not mind when there is nothing to forget', async t => {
  const env = settings(t)
  t.equal(await removeLogin(env), false)
  await writeLogin(env, login)
  t.equal(await removeLogin(env), true)
  t.equal(await readLogin(env), null)
  t.equal(await removeLogin({}), false)
})

void t.test('says where it can not write', async t => {
  const folder = t.testdir({ file: '' })
  const env = { XDG_CONFIG_HOME: join(folder, 'file') }
  await t.rejects(writeLogin(env, login), { message: /credentials\.json can not be written: (ENOTDIR|EEXIST)/ })
  await t.rejects(writeLogin({}, login), { message: /no folder is known/ })
})
