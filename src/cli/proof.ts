// What Postern saw when it logged in as each login of a database.

import type { components } from '../sdk/openapi.js'
import { printable } from './display-text.js'
import { details, table, type Column, type Layout } from './table.js'

type Proof = components['schemas']['Proof']
type Finding = Proof['findings'][number]

/** Renders all checks as a table, and below it those that failed, with nothing cut. */
export function proofText({ server, findings }: Proof, layout: Layout): string {
  const failed = findings
    .filter(({ ok }) => !ok)
    .map(({ role, check, detail }) => [`${role} ${check}`, detail] as const)
  const parts = [`PostgreSQL ${printable(server.version)}`, table(COLUMNS, findings, layout)]
  return [...parts, ...(failed.length > 0 ? [details(failed, layout)] : [])].join('\n\n')
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'OK', kind: 'fact', cell: ({ ok }) => (ok ? 'yes' : 'NO') },
  { title: 'ROLE', kind: 'fact', cell: ({ role }) => role },
  { title: 'CHECK', kind: 'text', cell: ({ check }) => check },
  { title: 'SEEN', kind: 'text', cell: ({ detail }) => detail },
]
