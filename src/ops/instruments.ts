// What parts of Postern see of a metric: just the acts they need, with label values that the compiler checks.

import type { Counter, Gauge } from 'prom-client'

/** The labels, or nothing for a metric without labels. */
type LabelArgument<L> = [L] extends [never] ? [] : [labels: L]

/** Counts events. */
export interface Counts<L = never> {
  /** Adds one. */
  inc(...labels: LabelArgument<L>): void
}

/** Follows a number up and down; every `inc` needs its `dec`. */
export interface Level<L = never> {
  inc(...labels: LabelArgument<L>): void
  dec(...labels: LabelArgument<L>): void
}

/** Holds the last value. */
export interface Value<L> {
  set(labels: L, value: number): void
}

/** Times something. */
export interface Times<L = never> {
  /** Takes a duration in seconds. */
  observe(...labelsAndSeconds: [...LabelArgument<L>, seconds: number]): void
}

/** A gauge that asks its owner at every scrape. It has no series until it has an owner. */
export class Reading {
  #read: (() => number) | null = null

  constructor(register: (collect: (this: Gauge) => void) => Gauge) {
    const collect = (gauge: Gauge): void => {
      if (this.#read === null) gauge.remove()
      else gauge.set(this.#read())
    }
    register(function () {
      collect(this)
    })
  }

  /** Makes `read` the source of the value. It runs at every scrape, so it has to be cheap. */
  readFrom(read: () => number): void {
    this.#read = read
  }
}

/** A counter for hot paths: an addition now, and the counter is brought up to date at the next scrape. */
export class Tally {
  readonly #counter: Counter
  readonly #labels: Record<string, string>
  #unsettled = 0

  constructor(counter: Counter, labels: Record<string, string>) {
    this.#counter = counter
    this.#labels = labels
    this.settle()
  }

  add(amount: number): void {
    this.#unsettled += amount
  }

  /** Moves what was added into the counter. */
  settle(): void {
    this.#counter.inc(this.#labels, this.#unsettled)
    this.#unsettled = 0
  }
}
