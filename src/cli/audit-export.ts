// `postern audit export`: the whole log, a JSON object a line, for an archive or another system.

import type { Command } from 'commander'
import { ask } from './answer.js'
import { filterQuery, withFilter, type Filter } from './audit-filter.js'
import { CommandError } from './command-error.js'
import { examples } from './help.js'
import { write } from './output.js'
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
      if (lines === null) return
      print(terminal.stderr, `Exported ${lines} ${lines === 1 ? 'event' : 'events'}.`)
    }),
  )
  examples(command, [
    ['postern audit export > audit.ndjson', 'Write all to a file.'],
    ['postern audit export --from 2026-05-01 | gzip > may.ndjson.gz', 'Archive what is since then.'],
  ])
}

/** Passes the answer on as it comes.
 * @returns how many lines it had; null when the reader has left, as head does */
async function writeOut({ body }: Response, { stdout }: Terminal): Promise<number | null> {
  if (!body) throw new CommandError('the answer is empty', 'try again')
  let lines = 0
  // Leaving the loop early cancels the request.
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 0x0a) lines++
    if (!(await write(stdout, chunk))) return null
  }
  return lines
}
