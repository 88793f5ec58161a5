// Where instances ask each other to cancel what a session runs: one asks all, and the one that has the session answers.
// PostgreSQL manual, "NOTIFY". Nothing is kept in a table: a cancel that comes late is worse than none, as it would hit the
// next query. So what is lost while a push channel is down stays lost, and the client may ask again.

import type { Executor } from './pool.js'

/** What became of a request where the session is. */
export type CancelAnswer = (typeof ANSWERS)[number]

const ANSWERS = ['sent', 'failed', 'limited'] as const

/** Does what was asked. null: the session is not here. Must not reject. */
export interface CancelHandler {
  (mac: string, clientAddress: string): Promise<CancelAnswer | null>
}

// A MAC in base64url, of at most 64 bytes, and an address: what anybody else may have sent here is not even looked up.
const QUESTION = /^ask ([\w-]{22,86}) ([\w:.%-]{2,64})$/
const ANSWER = /^told (\w+) ([\w-]{22,86})$/

export class CancelChannel {
  /** The channel's name in the store. */
  readonly name = 'postern_cancels'
  readonly #store: Executor
  readonly #timeoutMs: number
  /** Who waits for an answer, by MAC. As many as its callers allow. */
  readonly #waiting = new Map<string, Set<(answer: CancelAnswer) => void>>()
  #handler: CancelHandler = () => Promise.resolve(null)

  /** @param timeoutMs how long an answer is waited for */
  constructor(store: Executor, timeoutMs: number) {
    this.#store = store
    this.#timeoutMs = timeoutMs
  }

  /** Asks all other instances to cancel, for a client at this address, what runs in the session whose key has this MAC.
   * Resolves with what became of it, or with null when nobody has answered in time: there is no such session, or its
   * instance was not reached.
   * @throws StoreError when nobody could be asked */
  async ask(mac: string, clientAddress: string): Promise<CancelAnswer | null> {
    const waiting = this.#waiting.get(mac) ?? new Set()
    this.#waiting.set(mac, waiting)
    let timer: NodeJS.Timeout | undefined
    let settle: (answer: CancelAnswer | null) => void = () => {}
    const answer = new Promise<CancelAnswer | null>(resolve => (settle = resolve))
    // Before anything is sent: the answer may overtake the end of the statement.
    waiting.add(settle)
    try {
      await this.#send(`ask ${mac} ${clientAddress}`)
      timer = setTimeout(settle, this.#timeoutMs, null)
      return await answer
    } finally {
      clearTimeout(timer)
      waiting.delete(settle)
      if (waiting.size === 0) this.#waiting.delete(mac)
    }
  }

  /** Says who does what other instances ask for. */
  answerWith(handler: CancelHandler): void {
    this.#handler = handler
  }

  /** Takes in what came on the channel: from other instances, from this one, or from anybody with a login to the store. */
  heard(payload: string): void {
    const [, asked, clientAddress] = QUESTION.exec(payload) ?? []
    if (asked && clientAddress) return void this.#answer(asked, clientAddress)
    const [, answer, mac = ''] = ANSWER.exec(payload) ?? []
    const known = ANSWERS.find(each => each === answer)
    if (known) for (const settle of this.#waiting.get(mac) ?? []) settle(known)
  }

  async #answer(mac: string, clientAddress: string): Promise<void> {
    const answer = await this.#handler(mac, clientAddress)
    // Unsaid, it is as if it had come too late; the query is cancelled all the same.
    if (answer) await this.#send(`told ${answer} ${mac}`).catch(() => {})
  }

  async #send(message: string): Promise<void> {
    await this.#store.run('ask other instances for a cancel', 'select pg_notify($1, $2)', [this.name, message])
  }
}
