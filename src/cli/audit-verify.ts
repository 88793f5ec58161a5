// `postern audit verify`: whether the audit log is as it was written.

import { InvalidArgumentError, type Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given, type Answer } from './answer.js'
import { examples, withJson, type JsonOption } from './help.js'
import { details, type Layout } from './table.js'
import type { Terminal } from './terminal.js'

type Verification = components['schemas']['AuditVerification']
type Problem = NonNullable<Verification['first_problem']>

/** Adds `audit verify`. */
export function addAuditVerify(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('verify')
    .summary('prove that nothing was altered')
    .description(
      'Check that no event of the audit log was altered, removed or moved: each carries a hash of itself and of the ' +
        'one before. Exit code 1 when one was. The head, kept elsewhere, is the anchor of a later check: with it a ' +
        'log that was rewritten as a whole is found out too.',
    )
    .option('--anchor <seq:hash>', 'the head of an earlier check', anchor)
  withJson(command).action((options: JsonOption & { anchor?: string }) =>
    answer(terminal, options, async (postern): Promise<Answer> => {
      const query = given({ anchor: options.anchor })
      const { data: found } = await postern.GET('/v1/audit-events/verify', { params: { query } })
      const failure = found.first_problem && {
        message: `the audit log is not as it was written: ${PROBLEMS[found.first_problem.kind](found.first_problem)}`,
        hint: 'keep a copy of the store, and compare it with an export or a backup from before',
      }
      return { data: found, text: layout => verificationText(found, layout), ...(failure && { failure }) }
    }),
  )
  examples(command, [
    ['postern audit verify', 'Check it all, and show the head.'],
    ['postern audit verify --anchor "$(cat head)"', 'Check against the head of an earlier day.'],
    [`postern audit verify --json | jq -r '.head | "\\(.seq):\\(.hash)"' > head`, 'Keep the head.'],
  ])
}

const PROBLEMS: Readonly<Record<Problem['kind'], (problem: Problem) => string>> = {
  altered: ({ seq }) => `event ${seq} was altered`,
  missing: ({ seq }) => `event ${seq} is missing`,
  reordered: ({ seq }) => `event ${seq} is not in its place`,
  cut_off: ({ seq }) => `it ends before event ${seq}`,
}

function verificationText({ checked, head }: Verification, layout: Layout): string {
  return details(
    [
      ['Intact', `${checked} ${checked === 1 ? 'event' : 'events'}`],
      ['Head', `${head.seq}:${head.hash}`],
    ],
    layout,
  )
}

function anchor(value: string): string {
  if (!/^\d{1,15}:[0-9a-f]{64}$/.test(value))
    throw new InvalidArgumentError('It is SEQ:HASH, as audit verify shows it.')
  return value
}
