// Every fault that is really made to happen, and what is asserted: the table of the README's reliability section. Each is
// played by one file of this folder, in a short form by `npm test` and in several rounds by `npm run test:faults`.

import type { Test } from 'tap'

export interface Scenario {
  /** What is broken. */
  readonly fault: string
  /** What is asserted. */
  readonly asserted: string
}

const EACH_KIND =
  'A key revoked, an account disabled, one deleted, a key that expires, a grant removed, one of a group removed, and a ' +
  'session ended, all through one instance, end sessions on the other, each with its own reason'

export const SCENARIOS = {
  'push-on': {
    fault: 'None: two instances, all is well',
    asserted: `${EACH_KIND}.`,
  },
  'push-dead': {
    fault: 'The push channel of an instance is dead but looks connected',
    asserted: `${EACH_KIND}: its poll finds them. A heartbeat that is not heard tells that the push is down, and makes it connect anew.`,
  },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS

/** Whether this is the long form: `npm run test:faults`. */
export const isFull = process.env['POSTERN_FAULTS'] === 'full'

const ROUNDS = isFull ? 5 : 1

/** Plays a scenario, in the long form several times over: it has to leave the stage as it found it. */
export async function scenario(t: Test, name: ScenarioName, play: (t: Test) => Promise<void>): Promise<void> {
  const { fault } = SCENARIOS[name]
  for (let round = 1; round <= ROUNDS; round++) {
    await t.test(`${name}${isFull ? `, round ${String(round)}` : ''}: ${fault}`, play)
  }
}
