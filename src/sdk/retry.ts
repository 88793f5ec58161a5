// Gives every attempt a deadline, and sends a call again that failed in passing, if that is safe: a GET, or a creation with
// an Idempotency-Key. Whether another POST whose answer was lost has done its work can't be known.

export interface RetryOptions {
  readonly timeoutMs: number
  /** Further attempts at most. */
  readonly retries: number
  /** Called for each attempt of a creation whose answer was lost: with the error, or with what something between answered. */
  readonly onLostAnswer?: (cause: unknown) => void
  /** Waits. Default: the clock. */
  readonly pause?: (ms: number) => Promise<void>
  /** Between 0 and 1, for the jitter. Default Math.random. */
  readonly random?: () => number
}

type Send = (request: Request) => Promise<Response>

const FIRST_PAUSE_MS = 200
/** The longest pause, whatever the API asks for: a caller who can wait longer can try again. */
const MAX_PAUSE_MS = 5000
// Too many requests, or something between that lost its way: RFC 9110 s.15.6.
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

export function withRetries(send: Send, options: RetryOptions): Send {
  const { timeoutMs, retries, onLostAnswer = () => undefined, pause = sleep, random = Math.random } = options
  const attempt = (request: Request): Promise<Response> =>
    send(new Request(request.clone(), { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]) }))

  return async request => {
    const isCreation = request.headers.has('idempotency-key')
    const isSafe = request.method === 'GET' || isCreation
    for (let again = isSafe ? retries : 0, pauseMs = FIRST_PAUSE_MS; ; again--, pauseMs *= 2) {
      const outcome = await settle(isCreation ? attempt(request).then(whole) : attempt(request))
      if (isCreation && isLost(outcome)) onLostAnswer(outcome.error ?? outcome.response)
      const askedMs = waitAskedFor(outcome)
      if (again <= 0 || askedMs === null || askedMs > MAX_PAUSE_MS) return unsettle(outcome)
      if (outcome.response) await outcome.response.body?.cancel()
      const jitteredMs = pauseMs * (0.5 + random() / 2)
      await pause(Math.min(MAX_PAUSE_MS, Math.max(askedMs, jitteredMs)))
    }
  }
}

type Outcome =
  { readonly response: Response; readonly error?: never } | { readonly response?: never; readonly error: unknown }

/** Reads the body too: an answer that breaks off in it is lost. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer()
  const { status, statusText, headers } = response
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers })
}

/** True when the API may have received the request and its answer did not come. */
function isLost({ response }: Outcome): boolean {
  if (!response) return true
  const isOfApi = response.headers.get('content-type')?.startsWith('application/problem+json')
  return [502, 503, 504].includes(response.status) && !isOfApi
}

/** Tells how long to wait at least before trying again, or null: trying again would not help. */
function waitAskedFor({ response, error }: Outcome): number | null {
  // fetch's word for "no connection"; a deadline that passed is not tried again, it has been waited for long enough.
  if (!response) return error instanceof TypeError ? 0 : null
  const retryAfter = response.headers.get('retry-after')
  // 409 with a Retry-After: the same request is still being carried out.
  if (!PASSING.has(response.status) && !(response.status === 409 && retryAfter !== null)) return null
  const seconds = Number(retryAfter ?? 0)
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

// Of the browser too, which has no module of Node.
function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

async function settle(response: Promise<Response>): Promise<Outcome> {
  try {
    return { response: await response }
  } catch (error) {
    return { error }
  }
}

function unsettle({ response, error }: Outcome): Response {
  if (!response) throw error
  return response
}
