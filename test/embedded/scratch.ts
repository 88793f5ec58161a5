// A directory of its own for a test, which the server's OS user can pass through when the tests run as root.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Suite {
  teardown(handler: () => Promise<void>): void
}

export async function scratchDir(t: Suite): Promise<string> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'postern-embedded-'))
  await chmod(dir, 0o711)
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export const isRoot = process.geteuid?.() === 0
