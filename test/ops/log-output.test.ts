// A log that cannot be written costs log lines and nothing else.

import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync, write } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import { createLogger } from '../../src/ops/log.js'
import { LogOutput, MAX_WAITING_BYTES } from '../../src/ops/log-output.js'
import { until } from '../proxy/observe.js'

const POSTERN = fileURLToPath(new URL('../../src/cli/postern.js', import.meta.url))
/** A line of 1 KiB with its number. */
const line = (index: number): string => `${String(index).padEnd(1023)}\n`

/** The numbers of the lines, and what is no such line. */
function sorted(written: string): { numbers: number[]; notices: string[] } {
  const lines = written.split('\n').filter(Boolean)
  const isNumber = (text: string): boolean => /^\d+ *$/.test(text)
  return { numbers: lines.filter(isNumber).map(Number), notices: lines.filter(text => !isNumber(text)) }
}

void t.test('a pipe whose reader stands still holds up no write, and the lines that wait are bounded', async t => {
  const fifo = join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [fifo])
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(fd))
  const output: LogOutput = new LogOutput(fd, lines => output.write(`lost ${lines}\n`))
  for (let index = 0; index < 3000; index++) output.write(line(index))
  t.equal(output.waitingBytes, MAX_WAITING_BYTES)
  // Once the pipe is full, what is left waits.
  await until('the pipe is full', () => output.waitingBytes <= MAX_WAITING_BYTES - 32_768)
  t.ok(output.waitingBytes > MAX_WAITING_BYTES / 2)

  let read = ''
  await until('the lost lines are counted', () => {
    read += available(fd)
    return read.includes('lost')
  })
  output.write(line(3000))
  await until('a later line comes', () => (read += available(fd)).includes('\n3000'))
  const { numbers, notices } = sorted(read)
  t.same(notices, ['lost 1976'])
  t.same(numbers, [...Array.from({ length: 1024 }, (_, index) => index), 3000], 'in order, and each once')
})

void t.test('lines go on as soon as the disk has room again', async t => {
  const file = join(t.testdir(), 'log')
  const fd = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(fd))
  const logger = createLogger({ level: 'info', destination: fd })
  logger.info('while it was full')
  logger.info({ text: 'x'.repeat(MAX_WAITING_BYTES) }, 'too long to wait')
  // The logger's write came first, and has failed when these have.
  for (let count = 0; count < 2; count++) await t.rejects(promisify(write)(fd, 'x'), { code: 'ENOSPC' })
  closeSync(fd)
  t.equal(openSync(file, 'w'), fd, 'the same descriptor is a disk with room')
  await until('the lost lines are counted', () => readFileSync(file, 'utf8').includes('lost'))
  logger.info('afterwards')
  await until('a later line comes', () => readFileSync(file, 'utf8').includes('afterwards'))
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  t.match(
    lines.map(text => JSON.parse(text) as object),
    [{ msg: 'while it was full' }, { level: 'warn', lines: 1, msg: /were lost/ }, { msg: 'afterwards' }],
  )
})

void t.test('the program', { timeout: 240_000 }, async t => {
  await t.test('serves and stops with 0 while its log is a full disk', async t => {
    const { readyStatus, stop } = await serve(t, serve => `${serve} > /dev/full`)
    t.equal(await readyStatus(), 503, 'it serves, and reports that the store is unavailable')
    t.equal(await stop(), 0)
  })

  await t.test('serves and stops with 0 while the reader of its log is stopped', async t => {
    // The pipe is full before the first line.
    const stopped = `> >(trap '' TERM; echo $BASHPID > reader; kill -STOP $BASHPID)`
    const { dir, readyStatus, stop } = await serve(t, serve => `exec ${stopped}; head -c 65536 /dev/zero; ${serve}`)
    const reader = Number(readFileSync(join(dir, 'reader'), 'utf8'))
    t.teardown(() => process.kill(reader, 'SIGKILL'))
    t.equal(await readyStatus(), 503)
    t.equal(await stop(), 0)
  })

  await t.test('serves and stops with 0 when the reader of its log has left', async t => {
    const { dir, readyStatus, stop } = await serve(t, serve => `${serve} > >(head -1 > first)`)
    await until('the reader has its line', () => readFileSync(join(dir, 'first'), 'utf8').endsWith('\n'))
    t.equal(await readyStatus(), 503)
    t.equal(await stop(), 0)
  })
})

/** Runs `postern serve`, with a store that is unavailable, in a shell that gives it its log. Resolves once it answers. */
async function serve(t: Test, script: (serve: string) => string) {
  const port = await freePort()
  const dir = t.testdir({
    'config.yaml': `store: { url: 'postgres://postern@127.0.0.1:1/store' }
secret_key: ${randomBytes(32).toString('base64')}
listeners: [{ host: 127.0.0.1, port: 0, tls: 'off' }]
api: { port: 0 }
metrics: { port: ${port} }
`,
  })
  const command = `exec '${process.execPath}' '${POSTERN}' serve --config config.yaml`
  const child = spawn('bash', ['-c', script(command)], { cwd: dir, stdio: 'ignore' })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const readyStatus = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      response => response.status,
      () => null,
    )
  await until('it answers', async () => (await readyStatus()) !== null)
  return {
    dir,
    readyStatus,
    /** Sends SIGTERM. */
    stop: async (): Promise<number | null> => {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

/** Reads what is in a pipe now. */
function available(fd: number): string {
  const buffer = Buffer.alloc(65_536)
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return ''
    throw error
  }
}
