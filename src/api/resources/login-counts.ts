// Logins of the last hour, as the API shows them.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { ADMITTED, MINUTES, type LoginCounts } from '../../store/login-counts.js'
import { Time, toTime } from '../schema-types.js'

const Minute = Type.Object(
  {
    at: Type.Unsafe({ ...Time, description: 'When it began.' }),
    admitted: Type.Integer(),
    refused: Type.Integer(),
  },
  { title: 'LoginMinute' },
)

export const LoginCountsSchema = Type.Object(
  {
    admitted: Type.Integer({ description: 'Logins that were let in.' }),
    refused: Type.Integer({ description: 'Logins that were not.' }),
    reasons: Type.Array(
      Type.Object({ reason: Type.String({ description: 'The true one, as in the metric.' }), count: Type.Integer() }),
      { description: 'Of the refusals; the most frequent first.' },
    ),
    minutes: Type.Array(Minute, { description: 'All 60, the oldest first; the last is not over.' }),
  },
  { title: 'LoginCounts' },
)

export function showLoginCounts({ from, counts }: LoginCounts): Static<typeof LoginCountsSchema> {
  const minutes = Array.from({ length: MINUTES }, (_, index) => ({
    at: from + index * 60_000,
    admitted: 0,
    refused: 0,
  }))
  const reasons = new Map<string, number>()
  for (const { at, reason, count } of counts) {
    const minute = minutes[Math.round((at - from) / 60_000)]
    if (!minute) continue
    if (reason === ADMITTED) {
      minute.admitted += count
      continue
    }
    minute.refused += count
    reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  return {
    admitted: sum(minutes.map(({ admitted }) => admitted)),
    refused: sum(minutes.map(({ refused }) => refused)),
    reasons: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
    minutes: minutes.map(minute => ({ ...minute, at: toTime(minute.at) })),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
