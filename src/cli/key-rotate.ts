// `postern key rotate`: a new key in place of an old one, which goes on working for a while.

import { InvalidArgumentError, type Command } from 'commander'
import { parseMinutes } from './amounts.js'
import { answer, given } from './answer.js'
import { days, examples, withJson, type JsonOption } from './help.js'
import { afterRotation, keySecret, successorOf } from './key-secret.js'
import { time } from './table.js'
import type { Terminal } from './terminal.js'

interface RotateOptions extends JsonOption {
  readonly grace?: number
  readonly expiresInDays?: number
  readonly name?: string
}

/** Adds `key rotate`. */
export function addKeyRotate(key: Command, terminal: Terminal): void {
  const command = key
    .command('rotate <id>')
    .summary('replace a key, with time to change over')
    .description(
      'Make a key of the same account, name and description, and let the old one expire when the time of grace is ' +
        'over. The new token goes to stdout, alone on a line, this once; all else goes to stderr.',
    )
    .option('--grace <time>', 'how long the old key works on: 30min, 12h, 1d, 0 for not at all (default: 1d)', grace)
    .option('--expires-in-days <days>', 'let the new key end so (default: after as long as the old one)', days)
    .option('--name <name>', 'call the new key so')
  withJson(command).action((id: string, options: RotateOptions) =>
    answer(terminal, { ...options, creates: successorOf(id) }, async postern => {
      const { grace, expiresInDays, name } = options
      const body = given({ grace_minutes: grace, expires_in_days: expiresInDays, name })
      const { data: rotated } = await postern.POST('/v1/keys/{id}/rotate', { params: { path: { id } }, body })
      const { key: made, replaced } = rotated
      const end = replaced.state === 'active' ? `works until ${time(replaced.expires_at)} UTC` : 'works no more'
      return {
        data: rotated,
        text: () => rotated.token,
        secret: { ...keySecret(postern, made), next: afterRotation(replaced) },
        notes: [
          `Made key ${made.id} of ${made.account}; key ${replaced.id} ${end}.`,
          'This is the only time that its token is shown: keep it where secrets are kept.',
        ],
      }
    }),
  )
  examples(command, [
    ['postern key rotate 4kTq0nZb7XvA > token', 'Replace a key within a day.'],
    ['postern key rotate 4kTq0nZb7XvA --grace 2h > token', 'Replace it within two hours.'],
  ])
}

function grace(value: string): number {
  const minutes = parseMinutes(value)
  if (minutes === null) throw new InvalidArgumentError('A time is a number with min, h or d, as in 12h.')
  return minutes
}
