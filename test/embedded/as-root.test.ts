// What only root meets: a server that must not be root, paths that its user can't reach, and strangers' directories.

import { chmod, chown, cp, lstat, mkdir, readFile, readdir, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { locateBinaries } from '../../src/embedded/binaries.js'
import { chooseServerUser } from '../../src/embedded/os-user.js'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'
import { rootDirectory } from '../../src/embedded/trusted-dir.js'
import { usableBinaries } from '../../src/embedded/usable-binaries.js'
import { isRoot, scratchDir } from './scratch.js'

const STRANGER = 12_345
const options = { skip: isRoot ? false : 'not started as root' }

/** Unpacks the binaries as npm does under a umask of 077, without having run their install script. */
async function unpackPrivately(dir: string): Promise<string> {
  const { dir: packaged } = await locateBinaries()
  await cp(packaged, join(dir, 'native'), { recursive: true, verbatimSymlinks: true })
  for (const name of await readdir(join(dir, 'native', 'lib'))) {
    const file = join(dir, 'native', 'lib', name)
    if ((await lstat(file)).isSymbolicLink()) await rm(file)
  }
  await chmod(join(dir, 'native', 'bin', 'postgres'), 0o700)
  return join(dir, 'native')
}

void t.test(
  'below a home of mode 0700 the binaries are copied, once, to where the server’s user can run them',
  options,
  async t => {
    const dir = await scratchDir(t)
    await mkdir(join(dir, 'home'), { mode: 0o700 })
    const packaged = { ...(await locateBinaries()), dir: await unpackPrivately(join(dir, 'home')) }
    const user = await chooseServerUser(null)
    const copies = () => rootDirectory(join(dir, 'shared'))

    const first = await usableBinaries(packaged, user, copies)
    t.match(first.dir, join(dir, 'shared'))
    const program = await stat(join(first.dir, 'bin', 'postgres'))
    t.equal(program.uid, 0)
    t.equal(program.mode & 0o777, 0o755)
    t.equal((await stat(join(first.dir, 'lib'))).mode & 0o777, 0o755)

    const second = await usableBinaries(packaged, user, copies)
    t.same(second, first)
    t.equal((await stat(join(second.dir, 'bin', 'postgres'))).ino, program.ino, 'not copied again')
    t.equal((await readdir(join(dir, 'shared'))).length, 1, 'nothing unfinished is left')
  },
)

void t.test('below a home of mode 0700 the data goes elsewhere, and is found again', options, async t => {
  const dir = await scratchDir(t)
  await mkdir(join(dir, 'home'), { mode: 0o700 })
  const place = { dataDir: join(dir, 'home', '.postern', 'postgres'), sharedDir: join(dir, 'shared'), durable: false }
  const first = await startEmbeddedPostgres(place)
  t.match(first.cluster, join(dir, 'shared', 'data-'))
  await first.stop()
  t.equal((await readFile(join(place.dataDir, 'cluster-location'), 'utf8')).trim(), first.cluster)
  t.match(await stat(join(place.dataDir, 'superuser-password')), { uid: 0 })

  const second = await startEmbeddedPostgres(place)
  await second.stop()
  t.equal(second.cluster, first.cluster)
  t.equal(second.url('postgres'), first.url('postgres'))

  await rm(join(dir, 'shared'), { recursive: true })
  await t.rejects(startEmbeddedPostgres(place), { code: 'data_dir_unreachable', message: /is missing/ })
})

void t.test('an existing cluster is run by its owner, whoever else could run it by now', options, async t => {
  t.same(await chooseServerUser({ uid: STRANGER, gid: STRANGER }), { uid: STRANGER, gid: STRANGER })
})

void t.test('a stranger’s data directory is refused', options, async t => {
  const dir = await scratchDir(t)
  await chown(dir, STRANGER, STRANGER)
  await t.rejects(startEmbeddedPostgres({ dataDir: dir }), {
    code: 'data_dir_unsafe',
    message: /belongs to another OS user/,
  })
  t.same(await readdir(dir), [], 'and left as it was')
})

void t.test(
  'a shared directory that a stranger made, could write to, or linked elsewhere is refused',
  options,
  async t => {
    const dir = await scratchDir(t)
    const [made, open, inner] = [join(dir, 'made'), join(dir, 'open'), join(dir, 'made', 'inner')]
    await mkdir(inner, { recursive: true })
    await chown(made, STRANGER, STRANGER)
    await mkdir(open)
    await chmod(open, 0o1777)
    await symlink(inner, join(dir, 'link'))
    for (const path of [made, open, inner, join(dir, 'link')]) {
      await t.rejects(rootDirectory(path), { code: 'data_dir_unsafe' }, path)
    }
    t.equal((await stat(open)).mode & 0o7777, 0o1777, 'and left as it was')
  },
)
