// A bounded load on instances, at random but from a seed: clients that log in, ask, are idle in transactions, run queries that
// do not end by themselves, cancel them through whichever instance, and leave politely or not. What they are told is counted.

import { setTimeout as pause } from 'node:timers/promises'
import { terminate } from '../../src/wire/frontend.js'
import { encodeCancelRequest, type CancelKey } from '../../src/wire/startup.js'
import { fieldsOf, RawClient, Told, type Heard, type Person } from '../proxy/raw-client.js'
import { Dice } from '../support/dice.js'

export interface LoadOptions {
  readonly seed: number
  /** How many work at a time. */
  readonly clients: number
  /** Who they may be, asked anew for each visit. */
  readonly people: () => readonly Person[]
  /** Ports of the proxies that they may choose from, asked anew each time. */
  readonly ports: () => readonly number[]
}

/** What a visit may end with: an answer, the end of the connection, or the SQLSTATE of the last error. */
export type Outcome = 'answered' | 'lost' | (string & {})

export class Load {
  readonly outcomes = new Map<Outcome, number>()
  readonly #options: LoadOptions
  readonly #open = new Set<RawClient>()
  readonly #running: Promise<unknown>
  #isStopping = false

  constructor(options: LoadOptions) {
    this.#options = options
    // Each has dice of its own: how fast the others are does not change what it does.
    const dice = Array.from({ length: options.clients }, (_, index) => new Dice(options.seed + index))
    this.#running = Promise.all(dice.map(each => this.#work(each)))
  }

  /** Visits that are over. */
  get visits(): number {
    return [...this.outcomes.values()].reduce((sum, count) => sum + count, 0)
  }

  get answered(): number {
    return this.outcomes.get('answered') ?? 0
  }

  /** Cuts all visits off, which are not counted then, and resolves when they are over. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const client of this.#open) client.close()
    await this.#running
  }

  async #work(dice: Dice): Promise<void> {
    while (!this.#isStopping) {
      const outcome = await this.#visit(dice).catch((error: unknown) => (error instanceof Told ? error.code : 'lost'))
      if (this.#isStopping) return
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
      // Nobody hammers a port that refuses.
      if (outcome !== 'answered') await pause(20)
    }
  }

  async #visit(dice: Dice): Promise<Outcome> {
    const { people, ports } = this.#options
    const client = await RawClient.connect(dice.pick(ports()))
    this.#open.add(client)
    if (this.#isStopping) client.close()
    try {
      const key = keyOf(await client.logIn(dice.pick(people()), { minor: dice.pick([0, 2]) }))
      for (let asked = dice.below(4); asked >= 0; asked--) await this.#ask(dice, client, key)
      if (dice.chance(30)) client.reset()
      else await client.send(terminate()).rest()
      return 'answered'
    } finally {
      this.#open.delete(client)
      client.close()
    }
  }

  async #ask(dice: Dice, client: RawClient, key: CancelKey): Promise<void> {
    const sql = dice.pick(QUERIES)
    client.query(sql)
    if (sql !== ENDLESS) return answerOf(client)
    await pause(dice.below(100))
    const over = new AbortController()
    void this.#cancelUntil(dice, key, over.signal)
    await answerOf(client).finally(() => over.abort())
  }

  /** Asks again and again: a cancel may come to an instance whose way to the others is lost. */
  async #cancelUntil(dice: Dice, key: CancelKey, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const client = await RawClient.connect(dice.pick(this.#options.ports())).catch(() => null)
      await client?.send(encodeCancelRequest(key)).rest()
      client?.close()
      await pause(50)
    }
  }
}

const ENDLESS = 'select pg_sleep(600)'
const QUERIES = ['select 1', "select repeat('x', 300000)", 'begin', 'listen news', ENDLESS]

function keyOf(heard: readonly Heard[]): CancelKey {
  const body = heard.find(({ type }) => type === 'K')?.body
  if (!body) throw new Error('no BackendKeyData')
  return { processId: body.readInt32BE(0), secretKey: body.subarray(4) }
}

/** Waits for the end of an answer. Rejects with the last words of a session that ends. */
async function answerOf(client: RawClient): Promise<void> {
  for (;;) {
    const heard = await client.message()
    if (heard.type === 'Z') return
    if (heard.type === 'E' && fieldsOf(heard.body)['S'] === 'FATAL') throw new Told(heard)
  }
}
