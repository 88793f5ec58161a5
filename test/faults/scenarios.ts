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

const LOSES_NOTHING =
  'Every acknowledged revocation is in force and in the audit log, whose chain is whole; no session of a revoked key lives ' +
  'while others go on; clients are told what is true; no backend stays in the database, and descriptors and memory come back.'

export const SCENARIOS = {
  'push-on': {
    fault: 'None: two instances, all is well',
    asserted: `${EACH_KIND}.`,
  },
  'push-dead': {
    fault: 'The push channel of an instance is dead but looks connected',
    asserted: `${EACH_KIND}: its poll finds them. A heartbeat that is not heard tells that the push is down, and makes it connect anew.`,
  },
  'push-late': {
    fault: 'What is pushed comes late, and old pushes come again',
    asserted: `${EACH_KIND}. Two hundred pushes at once are a few reads of the list.`,
  },
  'store-slow': {
    fault: 'The way to the store is slow, 200 ms each way',
    asserted:
      'A revocation ends its session, and postern_revocation_propagation_seconds tells the time from its commit to that end.',
  },
  'store-unreachable': {
    fault: 'The way to the store swallows everything, for longer than revocation.max_age',
    asserted:
      'Known accounts go on logging in. At 85 % of max_age the instance is not ready and still logs them in. Beyond it ' +
      'logins are refused with 57P03; sessions end with 57P01, or stay where when_stale is keep-sessions. When the way is ' +
      'whole a revocation made meanwhile ends its session, and the others go on.',
  },
  recovery: {
    fault: 'The store is back after an outage, and everybody logs in at once',
    asserted:
      'Each account is looked up at most twice, however many sessions and logins want it, and no more than six are at a time: ' +
      'the rest of the pool stays free for the list.',
  },
  'clock-jumps': {
    fault: 'The clock of the machine jumps a year, forwards and backwards',
    asserted:
      'Nothing ends and nothing is refused for it: the list is as old as it was. Keys expire by the clock of the store, those ' +
      'too that are made meanwhile, and a revocation ends its session.',
  },
  'store-restarted': {
    fault: 'The store is shut down without a goodbye, and started again, under live sessions',
    asserted:
      'Sessions go on, and accounts that are known go on logging in. When the store is back the same processes have a young ' +
      'list, hear pushes again, and a revocation ends a session.',
  },
  'store-errors': {
    fault: 'The store answers with errors: a table is not to be found',
    asserted:
      'The list counts as not refreshed, sessions go on and known accounts log in. A revocation that is committed then ends ' +
      'its session as soon as the store answers again.',
  },
  'store-full': {
    fault: 'The store can be read and not be written, as when its disk is full',
    asserted:
      'Nothing of the data plane is disturbed. A revocation is not acknowledged (503 store_unavailable), and works once the ' +
      'store can be written again.',
  },
  'store-standby': {
    fault: 'The store fails over to a standby that is not promoted',
    asserted:
      'Its answers do not count as young, as it may lag behind without an end. Sessions go on; once it is promoted ' +
      'everything works again, without a restart.',
  },
  'start-without-store': {
    fault: 'An instance starts while the way to the store swallows everything',
    asserted:
      'It refuses logins with 57P03, is live and not ready, and recovers by itself when the way is whole again.',
  },
  'instance-killed': {
    fault: 'An instance is killed (SIGKILL) at a random moment, while clients work and keys are revoked',
    asserted: LOSES_NOTHING,
  },
  'store-killed': {
    fault: 'The server of the store is killed with all its processes at a random moment, and started again later',
    asserted: `${LOSES_NOTHING} Nothing is restarted but the server.`,
  },
  'upstream-killed': {
    fault: 'The server of the database is killed with all its processes at a random moment, and started again later',
    asserted: `${LOSES_NOTHING} Nothing is restarted but the server.`,
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
