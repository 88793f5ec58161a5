// The built console, read once: a closed set of small files, so that no path of a request ever reaches the disk.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

export interface ConsoleFile {
  readonly type: string
  readonly content: Buffer
  /** The same, by the names that Accept-Encoding has, the smallest first. */
  readonly encoded: ReadonlyMap<string, Buffer>
}

export interface ConsoleFiles {
  /** The page, with `POSTERN-NONCE` where its nonce belongs. */
  readonly page: string
  /** By name; a name changes with what is in the file. */
  readonly assets: ReadonlyMap<string, ConsoleFile>
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** Reads what was built into `dir`; null when nothing was. */
export function readConsole(dir: string): ConsoleFiles | null {
  const page = join(dir, 'index.html')
  if (!existsSync(page)) return null
  const names = readdirSync(join(dir, 'assets')).filter(name => extname(name) in TYPES)
  const assets = names.map(name => [name, readAsset(join(dir, 'assets', name))] as const)
  return { page: readFileSync(page, 'utf8'), assets: new Map(assets) }
}

function readAsset(file: string): ConsoleFile {
  const encoded = ENCODINGS.flatMap(([encoding, extension]) =>
    existsSync(file + extension) ? [[encoding, readFileSync(file + extension)] as const] : [],
  )
  return { type: TYPES[extname(file)] ?? '', content: readFileSync(file), encoded: new Map(encoded) }
}
