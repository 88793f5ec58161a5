// A proof of a database's logins, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Proof } from '../provisioner.js'
import { nullable, RoleName } from '../schema-types.js'

export const FindingSchema = Type.Object(
  {
    role: RoleName,
    check: Type.String({ description: 'What was checked.' }),
    ok: Type.Boolean(),
    detail: Type.String({ description: 'What was seen.' }),
    hint: nullable(Type.String({ description: 'What ends it, such as SQL, where there is something to end.' })),
  },
  { title: 'Finding' },
)

export const ProofSchema = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether every check is.' }),
    server: Type.Object({ version: Type.String() }),
    findings: Type.Array(FindingSchema),
  },
  { title: 'Proof' },
)

export function showProof({ ok, server, findings }: Proof): Static<typeof ProofSchema> {
  return { ok, server: { version: server.version }, findings: [...findings] }
}
