// Postern as a contender: `postern serve` of a build, in a process of its own.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Program } from './process.js'
import type { House, Stage } from './stage.js'

/** Starts the proxy of the build in `dir`; answers the ports of its listeners. */
export async function startPostern(
  stage: Stage,
  dir: string,
  { env }: House,
): Promise<{ readonly pid: number; readonly ports: readonly number[] }> {
  const { profile } = stage.options
  const flags = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
  const program = new Program(
    [process.execPath, ...flags, join(dir, 'cli', 'main.js'), 'serve', '--only', 'proxy'],
    join(await stage.folder(), 'postern.log'),
    { env: { PATH: process.env.PATH ?? '', ...env } },
  )
  stage.teardown(() => program.stop())
  const output = await program.until(lines => lines.includes('"ready"'))
  const ready = output.split('\n').find(line => line.includes('"ready"')) ?? ''
  const { proxy } = JSON.parse(ready) as { proxy: { port: number }[] }
  return { pid: program.pid, ports: proxy.map(({ port }) => port) }
}

/** The key that seals, as Postern derives it from its secret key. */
export function sealingKey(key: Buffer): { id: string; key: Buffer } {
  const id = createHash('sha256').update('postern sealing key').update(key).digest('hex').slice(0, 16)
  return { id, key }
}
