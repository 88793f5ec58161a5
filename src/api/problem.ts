// A problem as it is thrown within the API, and as it leaves it: RFC 9457.

import { Type } from 'typebox'
import type { Static, TObject } from 'typebox'
import { PROBLEMS, type ProblemCode } from './problems.js'
import { FindingSchema } from './resources/proof.js'
import { choice, nullable } from './schema-types.js'

/** One mistake in a request. */
const FieldError = Type.Object(
  {
    field: Type.String({ description: 'Where: a path such as `scope.databases[0]`. Empty: the whole.' }),
    problem: Type.String({ description: 'What is wrong with it.' }),
    hint: Type.String({ description: 'What it should be.' }),
  },
  { title: 'FieldError' },
)
export type FieldError = Static<typeof FieldError>

/** Facts about one occurrence that a program may use: extension members, RFC 9457 s.3.2. */
const FACTS = {
  errors: Type.Optional(Type.Array(FieldError, { description: 'Of invalid_request: every mistake.' })),
  cap: Type.Optional(nullable(Type.String({ description: 'Of role_above_cap: the most that is possible.' }))),
  database: Type.Optional(Type.String({ description: 'Of role_above_cap: the database that sets the cap.' })),
  limit: Type.Optional(Type.Integer({ description: 'Of key_limit_reached: how many there may be.' })),
  location: Type.Optional(Type.String({ description: 'Of already_created: the path of what was made.' })),
  service_accounts: Type.Optional(
    Type.Array(Type.String(), { description: 'Of owns_service_accounts: the first 20.' }),
  ),
  total: Type.Optional(Type.Integer({ description: 'Of owns_service_accounts: how many there are.' })),
  findings: Type.Optional(Type.Array(FindingSchema, { description: 'Of proof_failed: every check.' })),
}
export type ProblemFacts = Static<TObject<typeof FACTS>>

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'urn:postern:problem: and the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: choice(Object.keys(PROBLEMS) as ProblemCode[], { description: 'Stable: programs may rely on it.' }),
    detail: Type.String({ description: 'What went wrong this time.' }),
    hint: Type.String({ description: 'What to do about it.' }),
    instance: Type.String({ description: 'Names this request in the log of the API.' }),
    ...FACTS,
  },
  { title: 'Problem' },
)
export type ProblemDocument = Static<typeof ProblemSchema>

interface ProblemOptions {
  readonly hint?: string
  readonly facts?: ProblemFacts
  readonly trueReason?: string
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** A no of the API. `detail` may be read by the caller, so it never holds a secret. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly hint: string | null
  readonly facts: ProblemFacts
  /** What the audit log is told in place of the code, and the caller never. */
  readonly trueReason: string | null
  /** What the Retry-After header says, for problems that have one. */
  readonly retryAfterSeconds: number | null

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? `${PROBLEMS[code].title}.`, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.hint = options.hint ?? null
    this.facts = options.facts ?? {}
    this.trueReason = options.trueReason ?? null
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }

  toDocument(instance: string): ProblemDocument {
    const { status, title, hint } = PROBLEMS[this.code]
    const type = `urn:postern:problem:${this.code}`
    return {
      type,
      title,
      status,
      code: this.code,
      detail: this.message,
      hint: this.hint ?? hint,
      instance,
      ...this.facts,
    }
  }
}
