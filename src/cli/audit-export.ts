// `postern audit export`: the whole log as it is stored, a JSON object a line, for an archive or another system.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Command } from 'commander'
import { ask } from './answer.js'
import { filterQuery, withFilter, type Filter } from './audit-filter.js'
import { CommandError } from './command-error.js'
import { examples } from './help.js'
import { print, type Terminal } from './terminal.js'

// A log of years takes its time, and is as long as it is.
const TIMEOUT_MS = 3_600_000

/** Adds `audit export`. */
export function addAuditExport(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('export')
    .summary('print all events, the oldest first')
    .description(
      'Print the events that match, the oldest first, one JSON object a line (NDJSON). How many there were goes to ' +
        'stderr. When it ends with an error, what was printed is not whole.',
    )
  withFilter(command).action((options: Filter) =>
    ask(terminal, { timeoutMs: TIMEOUT_MS }, async postern => {
      const params = { query: filterQuery(options) }
      const { response } = await postern.GET('/v1/audit-events/export', { params, parseAs: 'stream' })
      const lines = await writeOut(response, terminal)
      print(terminal.stderr, `Exported ${lines} ${lines === 1 ? 'event' : 'events'}.`)
    }),
  )
  examples(command, [
    ['postern audit export > audit.ndjson', 'Write all to a file.'],
    ['postern audit export --from 2026-05-01 | gzip > may.ndjson.gz', 'Archive what is since then.'],
  ])
}

/** Passes the answer on as it comes, and counts its lines. */
async function writeOut({ body }: Response, { stdout }: Terminal): Promise<number> {
  if (!body) throw new CommandError('the answer is empty', 'try again')
  let lines = 0
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (const byte of chunk) if (byte === 0x0a) lines++
      yield chunk
    }
  }
  await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), counted, stdout, { end: false })
  return lines
}
