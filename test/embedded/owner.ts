// A process that owns an embedded Postgres, for tests that end it roughly. Prints the server as a line of JSON, then
// waits. It ignores SIGINT, as Postern does while it drains.

import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'

const [dataDir = ''] = process.argv.slice(2)
process.on('SIGINT', () => process.stdout.write('"interrupted"\n'))
const { pid, port, cluster } = await startEmbeddedPostgres({ dataDir, durable: false })
process.stdout.write(`${JSON.stringify({ pid, port, cluster })}\n`)
setInterval(() => undefined, 60_000)
