// A process that owns an embedded Postgres, for tests that end it roughly. Prints the server as a line of JSON, then
// waits. It ignores SIGINT, as Postern does while it drains.

import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'

const [dataDir = ''] = process.argv.slice(2)
process.on('SIGINT', () => process.stdout.write('"interrupted"\n'))
const { pid, cluster, url } = await startEmbeddedPostgres({ dataDir, durable: false })
process.stdout.write(`${JSON.stringify({ pid, cluster, url: url('postgres') })}\n`)
setInterval(() => undefined, 60_000)
