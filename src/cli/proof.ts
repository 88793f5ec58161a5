// What Postern saw when it logged in as each login of a database.

import type { components } from '../sdk/openapi.js'
import { printable } from './display-text.js'
import { details, table, type Column, type Layout } from './table.js'

type Proof = components['schemas']['Proof']
type Finding = Proof['findings'][number]

/** Renders all checks as a table, and below it those that failed or that something can be done about, with nothing cut. */
export function proofText({ server, findings }: Proof, layout: Layout): string {
  const shown = findings.filter(({ ok, hint }) => !ok || hint !== null)
  const parts = [`PostgreSQL ${printable(server.version)}`, table(COLUMNS, findings, layout)]
  return [...parts, ...(shown.length > 0 ? [details(merged(shown), layout)] : [])].join('\n\n')
}

/** What was seen at several logins stands once. */
function merged(findings: readonly Finding[]): [title: string, text: string][] {
  const roles = new Map<string, { finding: Finding; roles: string[] }>()
  for (const finding of findings) {
    const { role, check, detail, hint } = finding
    const key = JSON.stringify([check, detail, hint])
    const known = roles.get(key)
    if (known) known.roles.push(role)
    else roles.set(key, { finding, roles: [role] })
  }
  return [...roles.values()].map(({ finding: { check, detail, hint }, roles }) => [
    `${roles.join(', ')} ${check}`,
    hint === null ? detail : `${detail}. ${hint}`,
  ])
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'OK', kind: 'fact', cell: ({ ok }) => (ok ? 'yes' : 'NO') },
  { title: 'ROLE', kind: 'fact', cell: ({ role }) => role },
  { title: 'CHECK', kind: 'text', cell: ({ check }) => check },
  { title: 'SEEN', kind: 'text', cell: ({ detail }) => detail },
]
