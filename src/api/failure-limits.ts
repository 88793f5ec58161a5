// How often people may get a password wrong: by account, and by the network that they come from. What counts is failures
// only, and those of e-mail addresses that nobody has too: being told to wait tells nothing.

import { networkOf } from '../model/network.js'
import { FailureBudget } from '../store/failure-budget.js'
import type { Executor } from '../store/pool.js'
import { Problem } from './problem.js'

export interface FailureTerms {
  readonly failuresPerAccount: number
  readonly failuresPerAddress: number
  readonly failureWindowMs: number
}

/** Who tries. */
export interface Attempt {
  readonly address: string
  /** null: it is not about one account. */
  readonly account: string | null
}

export class FailureLimits {
  readonly #byAccount: FailureBudget
  readonly #byNetwork: FailureBudget

  /** @param what keeps one kind of attempt from spending the budget of another. */
  constructor(
    store: Executor,
    what: string,
    { failuresPerAccount, failuresPerAddress, failureWindowMs }: FailureTerms,
  ) {
    const windowMs = failureWindowMs
    this.#byAccount = new FailureBudget(store, { name: `${what} by account`, failures: failuresPerAccount, windowMs })
    this.#byNetwork = new FailureBudget(store, { name: `${what} by network`, failures: failuresPerAddress, windowMs })
  }

  /** Runs a check unless there were too many failures, and counts it if it says no. What could not be checked (busy, the
   * store is away) is no failure. A success clears the account, but not the network: whoever guesses may own one account.
   * @throws Problem `too_many_failures`, and what the check throws */
  async check({ address, account }: Attempt, check: () => Promise<boolean>): Promise<boolean> {
    const network = networkOf(address)
    // The network first: one that has spent its budget shall not go on spending that of accounts.
    orWait(await this.#byNetwork.take(network))
    if (account !== null) orWait(await this.#byAccount.take(account))
    const passed = await check().catch(async (error: unknown) => {
      await this.#byNetwork.giveBack(network)
      if (account !== null) await this.#byAccount.giveBack(account)
      throw error
    })
    if (!passed) return false
    await this.#byNetwork.giveBack(network)
    if (account !== null) await this.#byAccount.forget(account)
    return true
  }
}

function orWait(spent: { readonly retryAfterMs: number } | null): void {
  if (!spent) return
  const retryAfterSeconds = Math.max(1, Math.ceil(spent.retryAfterMs / 1000))
  throw new Problem('too_many_failures', `Try again in ${retryAfterSeconds} seconds.`, { retryAfterSeconds })
}
