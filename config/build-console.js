// Builds the web console unless what was built is newer than all that it is made of: `npm run build` is called often.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const root = join(import.meta.dirname, '..')
const SOURCES = ['src/console', 'src/sdk', 'config/vite.config.js', 'package-lock.json']
const BUILT = 'dist/console/index.html'

if (newest(SOURCES.map(path => join(root, path))) > changedAt(join(root, BUILT))) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'config/vite.config.js'), mode: 'production' })
  compress(join(root, 'dist/console/assets'))
}

/** The time of the latest change to these files and folders, in epoch ms. A folder's own time tells of what was removed. */
function newest(paths) {
  const times = paths.map(path => {
    const inside = statSync(path).isDirectory() ? readdirSync(path).map(name => join(path, name)) : []
    return Math.max(changedAt(path), newest(inside))
  })
  return Math.max(0, ...times)
}

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Puts the compressed form of every file beside it, so that nothing is compressed while people wait. */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name))
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content))
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content))
  }
}
