// What a whole gigabyte costs the process that relays it, when its client reads more slowly than the database sends:
// measured on a Postern in a process of its own, as the operating system counts it.

import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { postern } from '../support/postern.js'
import { RawClient } from './raw-client.js'

interface Ready {
  readonly proxy: { readonly port: number }
  readonly examples: readonly { readonly account: string; readonly token: string; readonly database: string }[]
}

const MIB = 1024 * 1024
const ROWS = 1_000
const ROW_BYTES = 1_000_000
const skip = existsSync('/proc/self/status') ? false : 'only Linux tells the memory of a process in /proc'

void t.test('a slow reader of a gigabyte does not grow the process by more than a few megabytes', { skip }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'postern-memory-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const ports = ['--port', '0', '--api-port', '0', '--metrics-port', '0']
  const running = postern(t, ['up', '--json', '--data', join(dir, 'data'), ...ports])
  const { proxy, examples } = JSON.parse(await running.line(/^\{"ready"/)) as Ready
  const [{ account, token, database } = { account: '', token: '', database: '' }] = examples
  const raw = await RawClient.connect(proxy.port)
  await raw.logIn({ name: account, token }, { database })

  const before = await memoryOf(running.pid)
  raw.query(`copy (select repeat('x', ${ROW_BYTES}) from generate_series(1, ${ROWS})) to stdout`)
  let peak = before
  const taken = await sip(raw, ROWS * ROW_BYTES, async () => {
    peak = Math.max(peak, await memoryOf(running.pid))
  })
  t.ok(taken >= ROWS * ROW_BYTES, 'all of it has arrived')
  t.ok(peak - before < 8 * MIB, `it has grown by ${((peak - before) / MIB).toFixed(1)} MiB`)
  raw.close()
  running.kill('SIGTERM')
  t.equal(await running.ended, 0)
})

/** Reads so many bytes a little at a time, and looks at the memory every 16 MiB, with the client's side stopped
 * meanwhile: then everything that is held back is held back. */
async function sip({ socket }: RawClient, bytes: number, look: () => Promise<void>): Promise<number> {
  let taken = 0
  let lookAt = 0
  socket.removeAllListeners('data')
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      taken += chunk.length
      socket.pause()
      if (taken >= bytes) return resolve()
      if (taken < lookAt) return void setImmediate(() => socket.resume())
      lookAt = taken + 16 * MIB
      look().then(() => socket.resume(), reject)
    })
    socket.on('close', () => reject(new Error('the connection is over')))
    socket.resume()
  })
  return taken
}

/** Bytes that the process holds in memory of its own: proc_pid_status(5), RssAnon. */
async function memoryOf(pid: number): Promise<number> {
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}
