// A real PostgreSQL 18 for tests: one server for a test file, as many databases as its tests want.

import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'

export interface TestServer {
  readonly host: string
  readonly port: number
  readonly superuser: { readonly user: string; readonly password: string }
  /** The superuser's URL of a database. */
  readonly url: (dbname: string) => string
  /** Makes a new database and returns the superuser's URL of it. With a template it is a copy of that database, to
   * which no one may be connected. */
  readonly freshDatabase: (options?: { template?: string }) => Promise<string>
}

interface Suite {
  teardown(handler: () => Promise<void>): void
}

/** Starts a server on a free port of the loopback interface; it ends, and its data with it, when the test `t` does. */
export async function testServer(t: Suite): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-test-'))
  // For root: the server runs as another user, who has to pass through.
  await chmod(dataDir, 0o711)
  const starting = startEmbeddedPostgres({ dataDir, durable: false })
  t.teardown(async () => {
    await starting.then(server => server.stop()).catch(() => undefined)
    await rm(dataDir, { recursive: true, force: true })
  })
  const server = await starting
  return { ...server, freshDatabase: options => freshDatabase(server.url, options?.template) }
}

/** Makes a new database on the server with these URLs, as a copy of the template, and returns the URL of it. */
export async function freshDatabase(url: (dbname: string) => string, template = 'template1'): Promise<string> {
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
