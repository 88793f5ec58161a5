// All that is fuzzed, by name: what its cases are, and what has to hold for each.

import fc from 'fast-check'
import { answerCases, tryAnswers, upstreamCases, upstreamTrial } from './answers.js'
import { openingCases, tryOpening } from './opening.js'
import { proofCases, proofTrial } from './proofs.js'
import { sessionCases, sessionTrial } from './session.js'
import type { Suite } from './suite.js'

export interface Target {
  readonly make: (t: Suite) => Promise<Trial>
  /** Cases in a short run. */
  readonly few: number
  /** Cases that take about a second. */
  readonly round: number
}

/** Runs cases of one target. */
export type Trial = (options: fc.Parameters<[unknown]>) => Promise<fc.RunDetails<[unknown]>>

export const TARGETS = {
  opening: target(openingCases, () => Promise.resolve(tryOpening), { few: 400, round: 1_500 }),
  answers: target(answerCases, () => Promise.resolve(tryAnswers), { few: 400, round: 1_500 }),
  proofs: target(proofCases, proofTrial, { few: 150, round: 500 }),
  upstream: target(upstreamCases, upstreamTrial, { few: 80, round: 150 }),
  session: target(sessionCases, sessionTrial, { few: 25, round: 50 }),
} satisfies Record<string, Target>

export type TargetName = keyof typeof TARGETS

function target<T>(
  cases: fc.Arbitrary<T>,
  makeTrial: (t: Suite) => Promise<(given: T) => void | Promise<void>>,
  sizes: Pick<Target, 'few' | 'round'>,
): Target {
  return {
    ...sizes,
    make: async t => {
      const holds = await makeTrial(t)
      const property = fc.asyncProperty(cases, async given => holds(given))
      return options => fc.check(property, options as fc.Parameters<[T]>) as Promise<fc.RunDetails<[unknown]>>
    },
  }
}
