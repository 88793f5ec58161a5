// Runs one Postgres server as a child process: starts it, knows when it is ready, and sees to it that it ends.
//
// The child leads its own session, so a Ctrl-C in the terminal, which goes to the whole foreground process group, does
// not reach it: it has to outlive the sessions that are being drained. In return nothing ends it if we are killed; a
// small shell process does, which notices our end by the end of its pipe.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { programOf, type Binaries } from './binaries.js'
import type { OsUser } from './os-user.js'
import { spawnAs } from './run.js'
import { KEPT_LINES, READY, readLines, startFailure } from './server-log.js'
import { settingsArguments, socketDirFor } from './server-settings.js'

/** Crash recovery of a large cluster takes its time. */
const START_TIMEOUT_MS = 180_000

/** How long each way of stopping has, from the gentlest (manual, section "Shutting Down the Server"). */
const STOP_STEPS = [
  // Fast: ends sessions, writes everything out.
  ['SIGINT', 10_000],
  // Immediate: the next start recovers from the log.
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const

/**
 * Forks the watcher, then becomes the server, so that our child's pid is the server's. The watcher reads from fd 3: a
 * line means that the server has ended in order; the end of the pipe, that we died. It is forked twice, as the server
 * would take a child of its own that it doesn't know for a crash. `$$` is the server's pid in the watcher too; it is
 * signalled only while the pid file names it.
 */
const WATCHED = `
cluster=$1; shift
runs() { read -r pid 2>/dev/null <"$cluster/postmaster.pid" && [ "$pid" = "$$" ]; }
watch() {
  exec </dev/null >/dev/null 2>&1
  trap '' HUP INT TERM
  read -r line <&3 && exit
  asked=
  for second in 1 2 3 4 5 6 7 8 9 10; do
    if runs; then kill -INT $$; asked=1; elif [ "$asked" ]; then exit; fi
    sleep 1
  done
  if runs; then kill -QUIT $$; fi
}
(watch & )
exec 3<&-
exec "$@"`

export interface ServerOptions {
  readonly binaries: Binaries
  readonly user: OsUser | null
  readonly cluster: string
  readonly port: number
  readonly durable: boolean
  /** Given each line of the server's log. */
  readonly log: (line: string) => void
}

export interface Server {
  readonly pid: number
  /** Where its Unix socket is, unless the path would be too long for one. */
  readonly socketDir: string | null
  /** Resolves when the server and its watcher have ended, for whatever reason. Never rejects. */
  readonly ended: Promise<void>
  /** Stops the server: fast, then immediately, then by force, 20 seconds at most. May be called again. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a server and resolves when it accepts connections. It doesn't keep this process alive, and ends with it.
 *
 * @throws EmbeddedError `port_busy` | `no_space` | `start_failed`
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { binaries, user, cluster } = options
  const program = programOf(binaries, 'postgres')
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHED, 'postern-embedded', cluster, program, '-D', cluster, ...settingsArguments(options)],
    { ...spawnAs(user), detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const [output, watch] = [child.stderr as Socket, child.stdio[3] as Socket]
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve()).once('error', () => resolve())
  })
  // The watcher may be gone already: a broken pipe is no news.
  watch.on('error', () => undefined).resume()
  child.once('exit', () => watch.end('ended\n'))

  let stopping: Promise<void> | null = null
  const stop = () => (stopping ??= stopInSteps(child, ended))
  try {
    await untilReady(child, output, options)
  } catch (error) {
    await stop()
    throw error
  }
  for (const handle of [child, output, watch]) handle.unref()
  return { pid: child.pid as number, socketDir: socketDirFor(cluster), ended, stop }
}

async function stopInSteps(child: ChildProcess, ended: Promise<void>): Promise<void> {
  for (const [signal, boundMs] of STOP_STEPS) {
    child.kill(signal)
    if (await settlesWithin(ended, boundMs)) return
  }
}

async function untilReady(child: ChildProcess, output: Socket, options: ServerOptions): Promise<void> {
  const lastLines: string[] = []
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(startFailure(options.port, lastLines))
    const timer = setTimeout(fail, START_TIMEOUT_MS)
    readLines(output, line => {
      options.log(line)
      if (lastLines.push(line) > KEPT_LINES) lastLines.shift()
      if (!line.includes(READY)) return
      clearTimeout(timer)
      resolve()
    })
    child.once('error', reject).once('close', () => {
      clearTimeout(timer)
      fail()
    })
  })
}

async function settlesWithin(promise: Promise<void>, boundMs: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(boundMs, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([promise.then(() => true), late])
  timer.abort()
  return inTime
}
