// The program in the README, run as it stands there against a real API.

import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { addDatabase, worlds } from '../api/fixture.js'

const ROOT = new URL('../../', import.meta.url)
// Within the package, so that `postern/sdk` is what users get: the build.
const FILE = fileURLToPath(new URL(`.tap/program-${process.pid}.mjs`, ROOT))
const makeWorld = await worlds(t)

void t.test('the program of the README runs', async t => {
  const readme = await readFile(new URL('README.md', ROOT), 'utf8')
  const [, program = ''] = /^### From a program\n[\s\S]*?^```js\n([\s\S]*?)^```$/m.exec(readme) ?? []
  t.match(program, /postern\/sdk/)
  const world = await makeWorld(t)
  const admin = await world.person('admin@example.com', 'admin')
  t.equal((await addDatabase(world, admin, 'shop')).statusCode, 201)
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 })
  await mkdir(new URL('.tap/', ROOT), { recursive: true })
  await writeFile(FILE, program)
  t.teardown(() => rm(FILE))

  const env = { PATH: process.env['PATH'], POSTERN_API_URL: url, POSTERN_API_KEY: admin.token }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [FILE], { env })
  t.match(stdout, /^nightly: key \w{12} was replaced by \w{12}, and works until 2\S+Z\nrevoked 2 keys\n$/)
  t.equal(stderr, '')
})
