// Turns whatever a request failed with into a problem. Nothing of an unknown error leaves but its reference.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BusyError } from '../auth/turns.js'
import { Refusal } from '../errors.js'
import { requestReference } from '../model/reference.js'
import { redactDeep, redactTokens } from '../model/redact.js'
import { StoreError } from '../store/store-error.js'
import { Problem } from './problem.js'
import { PROBLEMS, type ProblemCode } from './problems.js'
import { ProvisionerError } from './provisioner.js'

/** Where the API tells operators of failures that are not the caller's. */
export interface ErrorLog {
  error(fields: object, message: string): void
}

const RETRY_AFTER_SECONDS = 2

/** @param refused hears of every problem before it is sent, with the reference that the caller is given. */
export function handleError(
  log: ErrorLog,
  refused: (request: FastifyRequest, problem: Problem, reference: string) => Promise<void>,
) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const problem = toProblem(error)
    const { status } = PROBLEMS[problem.code]
    const instance = requestReference(request.id)
    if (status >= 500) {
      const route = request.routeOptions?.url ?? null
      log.error({ err: error, code: problem.code, method: request.method, route, instance }, 'an API request failed')
    }
    await refused(request, problem, instance).catch((failure: unknown) => {
      log.error({ err: failure, code: problem.code, instance }, 'a refused request could not be audited')
    })
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="postern", Key realm="postern"')
    const isPassing = status === 503 || problem.code === 'request_under_way'
    const retryAfter = problem.retryAfterSeconds ?? (isPassing ? RETRY_AFTER_SECONDS : null)
    if (retryAfter !== null) reply.header('retry-after', retryAfter)
    return (
      reply
        .code(status)
        .header('cache-control', 'no-store')
        .type('application/problem+json; charset=utf-8')
        .serializer(JSON.stringify)
        // It may repeat a name that was asked for.
        .send(redactDeep(problem.toDocument(instance), redactTokens))
    )
  }
}

/** Says what a failure means to the caller. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof StoreError) return new Problem(STORE_PROBLEMS[error.code], undefined, { cause: error })
  if (error instanceof BusyError) return new Problem('busy', undefined, { cause: error })
  if (error instanceof Refusal) return fromRefusal(error)
  if (error instanceof ProvisionerError) {
    return new Problem(PROVISIONER_PROBLEMS[error.code], error.message, { hint: error.hint, cause: error })
  }
  return new Problem(FASTIFY_PROBLEMS[fastifyCode(error)] ?? 'internal_error', undefined, { cause: error })
}

const PROVISIONER_PROBLEMS: Readonly<Record<ProvisionerError['code'], ProblemCode>> = {
  bad_url: 'bad_database_url',
  is_store: 'database_is_store',
  upstream: 'upstream_failed',
}

const STORE_PROBLEMS: Readonly<Record<StoreError['code'], ProblemCode>> = {
  not_found: 'conflict', // It was there a moment ago: who looks for something says what it is.
  name_taken: 'name_taken',
  key_limit_reached: 'key_limit_reached',
  key_not_active: 'key_not_active',
  last_admin: 'last_admin',
  needs_group: 'needs_group',
  conflict: 'conflict',
  invalid: 'invalid_request',
  bad_cursor: 'bad_cursor',
  unsealable: 'secrets_unreadable',
  incomplete: 'internal_error',
  timeout: 'store_unavailable',
  unavailable: 'store_unavailable',
  server_too_old: 'internal_error',
  bad_schema: 'store_not_migrated',
  internal: 'internal_error',
}

function fromRefusal(refusal: Refusal): Problem {
  const options = { cause: refusal }
  if (refusal.code === 'credentials_rejected') return new Problem('credentials_rejected', undefined, options)
  if (refusal.code === 'store_unavailable') return new Problem('store_unavailable', undefined, options)
  if (refusal.code === 'secrets_unreadable') return new Problem('secrets_unreadable', undefined, options)
  return new Problem('internal_error', undefined, options)
}

// https://fastify.dev/docs/latest/Reference/Errors/
const FASTIFY_PROBLEMS: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: 'malformed_url',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  // routerOptions.maxParamLength of the server.
  FST_ERR_MAX_PARAM_LENGTH: 'url_too_long',
}

function fastifyCode(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // A body whose JSON names `__proto__` is refused by the parser, which gives its error no code.
  const { code, statusCode } = error as FastifyError
  return code ?? (statusCode === 400 ? 'FST_ERR_CTP_INVALID_JSON_BODY' : '')
}
