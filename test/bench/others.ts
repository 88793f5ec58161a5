// The other contenders: pgbouncer and haproxy, as Debian packages them, where they are installed. One thread each, as
// Postern has; logs at their defaults, into a file.

import { spawnSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/free-port.js'
import { Program } from './process.js'
import { direct, type Contender, type Stage, type Upstream } from './stage.js'

/** Debian's `nobody`: pgbouncer does not run as root. */
const NOBODY = 65_534

export interface PgbouncerOptions {
  readonly name?: string
  /** Logs in to the database for every client, as Postern does, and hands out no connection that is left over. */
  readonly freshLogins?: boolean
}

/** Starts pgbouncer in session mode, with SCRAM on both sides. An empty list where it is not installed. */
export async function pgbouncer(
  stage: Stage,
  upstream: Upstream,
  { name = 'pgbouncer', freshLogins = false }: PgbouncerOptions = {},
): Promise<Contender[]> {
  if (isMissing('pgbouncer', ['--version'])) return []
  const { port, dbname, login } = upstream
  const [dir, listenPort] = [await stage.folder(), await freePort()]
  const [users, settings] = [join(dir, 'users.txt'), join(dir, 'pgbouncer.ini')]
  await writeFile(users, `"${login.user}" "${login.password}"\n`)
  await writeFile(
    settings,
    `[databases]
${dbname} = host=127.0.0.1 port=${port} dbname=${dbname}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = session
default_pool_size = 2000
max_client_conn = 2000
server_tls_sslmode = disable
ignore_startup_parameters = extra_float_digits
${freshLogins ? 'server_lifetime = 0' : ''}
`,
  )
  await chmod(users, 0o644)
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const program = new Program(['pgbouncer', settings], join(dir, 'log'), identity)
  return [await ready(stage, program, { ...direct(upstream), name, port: listenPort })]
}

/** Starts haproxy as a plain TCP proxy. An empty list where it is not installed. */
export async function haproxy(stage: Stage, upstream: Upstream): Promise<Contender[]> {
  if (isMissing('haproxy', ['-v'])) return []
  const [dir, listenPort] = [await stage.folder(), await freePort()]
  const settings = join(dir, 'haproxy.cfg')
  await writeFile(
    settings,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:${listenPort}
  server database 127.0.0.1:${upstream.port}
`,
  )
  const program = new Program(['haproxy', '-db', '-f', settings], join(dir, 'log'))
  return [await ready(stage, program, { ...direct(upstream), name: 'haproxy', port: listenPort })]
}

/** Says whether a program is not there, and tells the reader. */
export function isMissing(program: string, args: readonly string[]): boolean {
  if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) return false
  process.stdout.write(`${program} is not installed here: left out (on Debian: apt-get install ${program})\n`)
  return true
}

async function ready(stage: Stage, program: Program, contender: Contender): Promise<Contender> {
  stage.teardown(() => program.stop())
  await program.until(() => accepts(contender.port))
  return { ...contender, pid: program.pid }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
