// What is sent again and what is not, and for how long.

import t from 'tap'
import { withRetries } from '../../src/sdk/retry.js'

const REFUSED = new TypeError('fetch failed')

/** Answers one after another, and remembers what was asked and how long the pauses were. */
function stage(outcomes: (Response | Error)[], options: { retries?: number } = {}) {
  const seen: Request[] = []
  const pauses: number[] = []
  const send = withRetries(
    async request => {
      seen.push(request)
      const outcome = outcomes[seen.length - 1]
      if (outcome instanceof Response) return outcome
      throw outcome ?? new Error('asked too often')
    },
    { timeoutMs: 1000, retries: 2, random: () => 1, pause: async ms => void pauses.push(ms), ...options },
  )
  return { seen, pauses, send: (method: string, body?: string, key?: string) => send(request(method, body, key)) }
}

const request = (method: string, body?: string, key?: string) =>
  new Request('http://127.0.0.1/x', {
    method,
    ...(body === undefined ? {} : { body }),
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  })
const answer = (status: number, retryAfter?: string) =>
  new Response('', { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } })

void t.test('a GET that failed in passing is sent again, with growing pauses', async t => {
  const { send, seen, pauses } = stage([REFUSED, answer(503), answer(200)])
  t.equal((await send('GET')).status, 200)
  t.equal(seen.length, 3)
  t.strictSame(pauses, [200, 400])
})

void t.test('but not for ever', async t => {
  const answers = stage([answer(502), answer(502), answer(502)])
  t.equal((await answers.send('GET')).status, 502)
  t.equal(answers.seen.length, 3)
  const failures = stage([REFUSED, REFUSED, REFUSED])
  await t.rejects(failures.send('GET'), REFUSED)
  t.equal(failures.seen.length, 3)
})

void t.test('POST, PUT and DELETE are sent once: what they did can not be known', async t => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const failed = stage([REFUSED])
    await t.rejects(failed.send(method, method === 'DELETE' ? undefined : '{}'), REFUSED)
    const busy = stage([answer(503)])
    t.equal((await busy.send(method)).status, 503)
    t.equal(failed.seen.length + busy.seen.length, 2)
  }
})

void t.test('a creation with an Idempotency-Key is sent again, whole, and waits for itself', async t => {
  const { send, seen, pauses } = stage([REFUSED, answer(409, '2'), answer(201)])
  t.equal((await send('POST', '{"a":1}', 'K')).status, 201)
  t.strictSame(await Promise.all(seen.map(attempt => attempt.text())), ['{"a":1}', '{"a":1}', '{"a":1}'])
  t.ok(seen.every(attempt => attempt.headers.get('idempotency-key') === 'K'))
  t.strictSame(pauses, [200, 2000])
  const other = stage([answer(409)])
  t.equal((await other.send('POST', '{}', 'K')).status, 409, 'any other 409 stands')
})

void t.test(
  'a creation whose answer breaks off in its body is sent again, and each lost answer is reported',
  async t => {
    const broken = new ReadableStream({ start: controller => controller.error(new TypeError('terminated')) })
    const causes: unknown[] = []
    const outcomes = [new Response(broken, { status: 201 }), answer(504), new Response('whole', { status: 201 })]
    const send = withRetries(async () => outcomes.shift() ?? answer(500), {
      timeoutMs: 1000,
      retries: 2,
      onLostAnswer: cause => void causes.push(cause),
      pause: async () => undefined,
    })
    t.equal(await (await send(request('POST', '{}', 'K'))).text(), 'whole')
    t.match(causes, [{ message: 'terminated' }, { status: 504 }])
  },
)

void t.test('answers that would be the same again are not asked for again', async t => {
  for (const status of [200, 400, 401, 404, 500]) {
    const { send, seen } = stage([answer(status)])
    t.equal((await send('GET')).status, status)
    t.equal(seen.length, 1)
  }
})

void t.test('Retry-After is waited for, when it is short', async t => {
  const short = stage([answer(429, '3'), answer(200)])
  t.equal((await short.send('GET')).status, 200)
  t.strictSame(short.pauses, [3000])
  const long = stage([answer(429, '60')])
  t.equal((await long.send('GET')).status, 429)
  t.strictSame(long.pauses, [])
})

void t.test('an attempt that takes too long ends with a TimeoutError, and is not repeated', async t => {
  let attempts = 0
  const send = withRetries(
    request =>
      new Promise((_resolve, reject) => {
        attempts++
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))
      }),
    { timeoutMs: 5, retries: 2 },
  )
  // The deadline's timer does not keep the process alive by itself.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await t.rejects(send(request('GET')), { name: 'TimeoutError' })
  t.equal(attempts, 1)
})

void t.test("the caller's own signal ends it too", async t => {
  const { send, seen } = stage([new DOMException('stop', 'AbortError')])
  await t.rejects(send('GET'), { name: 'AbortError' })
  t.equal(seen.length, 1)
})
