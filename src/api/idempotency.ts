// Creations that may be sent twice: with the same Idempotency-Key the first answer comes again, and nothing is made twice.
// How that survives a process that dies: store/idempotency.ts.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimRequest, keepAnswer, releaseRequest, type Claim, type KeptAnswer } from '../store/idempotency.js'
import type { Store } from '../store/pool.js'
import type { Sealer } from '../store/seal.js'
import type { Transaction } from '../store/transaction.js'
import { change, type Note } from './audit-trail.js'
import { Problem } from './problem.js'
import { invalidRequest } from './validation.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes an Idempotency-Key. It makes what it makes with `create`. */
    idempotent?: boolean
  }
  interface FastifyRequest {
    /** null: the request came without an Idempotency-Key. */
    claim: Claim | null
  }
}

/** What a creation made. */
export interface Creation<Shown extends object, Secret extends object = object> {
  /** The path where it is shown. */
  readonly location: string
  readonly shown: Shown
  /** Goes into this answer and is kept nowhere. */
  readonly secret?: Secret
}

const PRINTABLE = /^[\x20-\x7e]{1,255}$/

/** Lets the routes that are registered from now on, and ask for it, take an Idempotency-Key. */
export function takeIdempotencyKeys(app: FastifyInstance, { store, sealer }: { store: Store; sealer: Sealer }): void {
  app.decorateRequest('claim', null)
  // The last step before the handler: a request that is refused claims nothing.
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key']
    if (!request.routeOptions.config.idempotent || key === undefined) return
    if (typeof key !== 'string' || !PRINTABLE.test(key)) throw badKey()
    const outcome = await claimRequest(store, {
      accountId: request.caller.account.id,
      key,
      fingerprint: sealer.fingerprint(JSON.stringify([request.method, request.url, request.body])),
    })
    switch (outcome.state) {
      case 'claimed':
        request.claim = outcome.claim
        return
      case 'other-request':
        throw new Problem('idempotency_key_reused')
      case 'under-way':
        throw new Problem('request_under_way')
      case 'answered':
        return replay(reply, outcome.answer)
    }
  })
  // Before the answer leaves: who is refused may try again at once, with the same key.
  app.addHook('onSend', async (request, reply) => {
    if (request.claim && reply.statusCode >= 400) await releaseRequest(store, request.claim).catch(lapses)
  })
}

/** Makes something as the request's caller and answers 201: see `change`. With an Idempotency-Key the answer is kept in
 * the same transaction, but for its secret. */
export async function create<Shown extends object, Secret extends object>(
  store: Store,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  work: (tx: Transaction, note: Note) => Promise<Creation<Shown, Secret>>,
): Promise<Shown & Secret> {
  const { location, shown, secret } = await change(store, request, async (tx, note) => {
    const made = await work(tx, note)
    if (request.claim) await keepAnswer(tx, request.claim, toAnswer(reply, made))
    return made
  })
  reply.code(201).header('location', location)
  if (secret) reply.header('cache-control', 'no-store')
  return { ...shown, ...secret } as Shown & Secret
}

function toAnswer(reply: FastifyReply, { location, shown, secret }: Creation<object>): KeptAnswer {
  return { status: 201, location, body: secret ? null : (reply.serializeInput({ ...shown }, '201') as string) }
}

function replay(reply: FastifyReply, { status, location, body }: KeptAnswer): FastifyReply {
  if (body === null) {
    throw new Problem('already_created', `This request has made ${location}; its secret was shown once.`, {
      facts: { location },
    })
  }
  reply.code(status).header('location', location).header('idempotency-replayed', 'true')
  return reply.type('application/json; charset=utf-8').send(body)
}

function badKey(): Problem {
  const hint = '1 to 255 printable ASCII characters, such as a random UUID.'
  return invalidRequest([{ field: 'Idempotency-Key', problem: 'does not have the form that it needs', hint }])
}

// A claim that could not be released lapses by itself.
function lapses(): void {}
