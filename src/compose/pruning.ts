// What has had its time in the store is deleted every hour, by whichever instances run: each deletion is safe on several at
// once, and one that fails is made good by the next.

import type { Logger } from '../ops/log.js'
import { pruneConsoleSessions } from '../store/console-sessions.js'
import { pruneFailures } from '../store/failure-budget.js'
import { pruneAnswers } from '../store/idempotency.js'
import { pruneBlocks } from '../store/login-blocks.js'
import type { Knowledge } from './knowledge.js'

/** Changes are kept for a day: far longer than any reader may be behind. */
const CHANGES_AGE_MS = 24 * 3_600_000
const EVERY_MS = 3_600_000

/** Prunes until the function that it returns is called. */
export function pruneNowAndThen({ changes, store }: Knowledge, log: Logger): () => void {
  const prunings = {
    changes: () => changes.prune(CHANGES_AGE_MS),
    answers: () => pruneAnswers(store),
    'console sessions': () => pruneConsoleSessions(store),
    failures: () => pruneFailures(store),
    'login blocks': () => pruneBlocks(store),
  }
  const pruneAll = () => {
    for (const [what, prune] of Object.entries(prunings)) {
      prune().catch((error: unknown) => log.warn({ err: error }, `old ${what} could not be pruned`))
    }
  }
  const timer = setInterval(pruneAll, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
