// One thing of the API on the page: while it comes, when it did not come, and when it is there.

import type { ReactNode } from 'react'
import { LoadingBlock } from './loading.js'
import { ProblemNotice } from './problem-notice.js'

interface AnswerProps<T> {
  /** What `useQuery` returns. */
  readonly query: { readonly data: T | undefined; readonly error: Error | null; refetch(): unknown }
  readonly children: (data: T) => ReactNode
  readonly loading?: ReactNode
}

/** What is known stays on the page when asking again fails. */
export function Answer<T>({ query, children, loading = <LoadingBlock /> }: AnswerProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  return loading
}
