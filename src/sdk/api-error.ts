// What the API says no with: problem details, RFC 9457.

import type { components } from './openapi.js'

type Problem = components['schemas']['Problem']

/** A no of the API. `message` is the detail. */
export class ApiError extends Error {
  /** Stable; `unexpected_answer` when the answer was no problem document: from something between, most likely. */
  readonly code: Problem['code'] | 'unexpected_answer'
  /** The HTTP status. */
  readonly status: number
  readonly detail: string
  /** What to do about it; may be empty. */
  readonly hint: string
  /** Every mistake, when the request has some. */
  readonly errors: NonNullable<Problem['errors']>
  /** The whole problem, or null. */
  readonly problem: Problem | null

  constructor(status: number, problem: Problem | null) {
    const detail = problem?.detail ?? `the API answered with status ${status}`
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.code = problem?.code ?? 'unexpected_answer'
    this.detail = detail
    this.hint = problem?.hint ?? ''
    this.errors = problem?.errors ?? []
    this.problem = problem
  }
}

export async function toApiError(response: Response): Promise<ApiError> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  const body: unknown = isProblem ? await response.json().catch(() => null) : null
  return new ApiError(response.status, hasCode(body) ? body : null)
}

function hasCode(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false
  const { code, detail } = body as Partial<Problem>
  return typeof code === 'string' && typeof detail === 'string'
}
