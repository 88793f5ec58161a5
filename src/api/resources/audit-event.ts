// The audit log, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { findReference, REFERENCE_FORMS } from '../../model/reference.js'
import type { AuditEvent, AuditFilter, AuditVia } from '../../store/audit.js'
import type { AuditHead, AuditProblemKind, Verification } from '../../store/audit-verify.js'
import { listOf, ListQuery } from '../lists.js'
import { choice, nullable, Time, toTime } from '../schema-types.js'
import { invalidRequest } from '../validation.js'

const OUTCOMES: readonly ('done' | 'refused')[] = ['done', 'refused']
const VIAS: readonly AuditVia[] = ['key', 'console', 'proxy', 'system']
const PROBLEM_KINDS: readonly AuditProblemKind[] = ['altered', 'missing', 'reordered', 'cut_off']

const filterText = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 300, description }))
/** Holds a whole problem of the API, and still fits into a request line. */
const MAX_REFERENCE_TEXT = 8_000

const filterTime = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))

export const AuditFilterQuery = Type.Object(
  {
    actor: filterText('Name of the account that did it.'),
    action: filterText('An action, or what it begins with: `key` finds `key.revoke` too.'),
    target: filterText(
      'What was changed, as the event names it, or one of its names: an account (with its keys and memberships), a group, a ' +
        'database, or the id of a key (with what was done with it).',
    ),
    outcome: Type.Optional(choice(OUTCOMES, { description: 'Whether it was done or refused.' })),
    reference: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_REFERENCE_TEXT,
        description: `What a client was told to quote, ${REFERENCE_FORMS}: alone, or within the error that it was read in.`,
      }),
    ),
    from: filterTime('Not before this time (ISO 8601).'),
    until: filterTime('Before this time (ISO 8601).'),
  },
  { additionalProperties: false },
)

export const AuditListQuery = Type.Object(
  { ...ListQuery.properties, ...AuditFilterQuery.properties },
  { additionalProperties: false },
)

const Detail = Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], additionalProperties: true })

export const AuditEventSchema = Type.Object(
  {
    seq: Type.Integer({ description: 'Counts up by one.' }),
    at: Time,
    actor: nullable(Type.String({ description: 'Name of an account; null: nobody who is known, or Postern itself.' })),
    actor_key: nullable(Type.String({ description: 'Id of the key that was used.' })),
    via: choice(VIAS),
    action: Type.String({ description: '`noun.verb`, as in `key.revoke`.' }),
    target: nullable(Type.String({ description: 'What was changed, by the names that people know it by.' })),
    outcome: choice(OUTCOMES),
    reason: nullable(Type.String({ description: 'Why it was refused.' })),
    reference: nullable(Type.String({ description: 'What the client was told to quote.' })),
    address: nullable(Type.String({ description: 'Of the client.' })),
    before: Detail,
    after: Detail,
  },
  { title: 'AuditEvent' },
)

export const AuditEventListSchema = listOf(AuditEventSchema, 'AuditEventList')

export const VerifyQuery = Type.Object(
  {
    anchor: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,15}:[0-9a-f]{64}$',
        description:
          'SEQ:HASH, the head of an earlier verification: shows that nothing up to there was rewritten since.',
      }),
    ),
  },
  { additionalProperties: false },
)

const HeadSchema = Type.Object({ seq: Type.Integer(), hash: Type.String() }, { title: 'AuditHead' })

export const VerificationSchema = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether everything is as it was written.' }),
    checked: Type.Integer({ description: 'Events that are.' }),
    head: HeadSchema,
    first_problem: nullable(
      Type.Object({ seq: Type.Integer(), kind: choice(PROBLEM_KINDS) }, { description: 'null: there is none.' }),
    ),
  },
  { title: 'AuditVerification' },
)

export function showAuditEvent({ actorKey, at, ...event }: AuditEvent): Static<typeof AuditEventSchema> {
  const [before, after] = [event.before, event.after] as (Record<string, unknown> | null)[]
  return { ...event, at: toTime(at), actor_key: actorKey, before: before ?? null, after: after ?? null }
}

export function showVerification({ checked, head, problem }: Verification): Static<typeof VerificationSchema> {
  return { ok: problem === null, checked, head: { ...head }, first_problem: problem && { ...problem } }
}

/** @throws Problem `invalid_request` for what is no time, and for a text without a reference */
export function toFilter({ from, until, reference, ...rest }: Static<typeof AuditFilterQuery>): AuditFilter {
  return { ...rest, reference: toReference(reference), from: toEpoch('from', from), until: toEpoch('until', until) }
}

/** The form that is stored, so that the index of the column finds it. */
function toReference(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const reference = findReference(text)
  if (reference === null) {
    throw invalidRequest([
      { field: 'reference', problem: 'contains no reference', hint: `A reference looks like ${REFERENCE_FORMS}.` },
    ])
  }
  return reference
}

export function toAnchor(anchor: string | undefined): AuditHead | undefined {
  const [seq, hash] = anchor?.split(':') ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

function toEpoch(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const epochMs = Date.parse(text)
  if (Number.isNaN(epochMs)) {
    throw invalidRequest([{ field, problem: 'is no time', hint: 'ISO 8601, as in 2026-05-04T12:00:00Z.' }])
  }
  return epochMs
}
