// What Postern saw when it logged in as each login of a database.

import type { components } from '../sdk/openapi.js'
import { table, type Column, type Layout } from './table.js'

type Proof = components['schemas']['Proof']
type Finding = Proof['findings'][number]

/** Renders all checks; those that failed first, as they are what one looks for. */
export function proofText(proof: Proof, layout: Layout): string {
  const findings = [...proof.findings].sort((a, b) => Number(a.ok) - Number(b.ok))
  return `PostgreSQL ${proof.server.version}\n\n${table(COLUMNS, findings, layout)}`
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'OK', cell: ({ ok }) => (ok ? 'yes' : 'NO'), whole: true },
  { title: 'ROLE', cell: ({ role }) => role, whole: true },
  { title: 'CHECK', cell: ({ check }) => check, whole: true },
  { title: 'SEEN', cell: ({ detail }) => detail },
]
