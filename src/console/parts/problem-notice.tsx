// What went wrong, what to do about it, and the reference to quote.

import { Button, Group, Text } from '@mantine/core'
import { ApiError } from '../api.js'
import { Notice } from './notice.js'
import { Reference } from './reference.js'

interface Told {
  readonly title: string
  readonly detail: string
  readonly hint: string
  readonly reference: string | null
  readonly errors: readonly { field: string; problem: string; hint: string }[]
}

/** @param onRetry tries again; left out where that is what the form's own button does */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, hint, reference, errors } = tell(error)
  return (
    <Notice tone="bad" role="alert">
      <Text fw={600} size="sm">
        {title}
      </Text>
      {/* The detail of mistakes says the same of each. */}
      {errors.length === 0 && detail.replace(/\.$/, '') !== title && <Text size="sm">{detail}</Text>}
      {errors.map(({ field, problem, hint }) => (
        <Text size="sm" key={field + problem}>
          <span className="mono">{field || 'request'}</span> {problem}. {hint}
        </Text>
      ))}
      {hint && errors.length === 0 && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
      {(onRetry || reference) && (
        <Group gap="sm" mt={6}>
          {onRetry && (
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
          {reference && <Reference reference={reference} />}
        </Group>
      )}
    </Notice>
  )
}

function tell(error: unknown): Told {
  const nothing = { hint: '', reference: null, errors: [] }
  if (error instanceof ApiError) {
    const { problem, detail, hint, errors } = error
    const reference = problem?.instance ?? null
    return { title: problem?.title ?? 'Something went wrong', detail, hint, reference, errors }
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return {
      ...nothing,
      title: 'No answer came',
      detail: 'The API took too long to answer.',
      hint: 'Try again in a moment.',
    }
  }
  // fetch's word for "no connection".
  if (error instanceof TypeError) {
    const hint = 'Sessions through the proxy are not affected by that. Check your connection, then try again.'
    return { ...nothing, title: 'The API can not be reached', detail: 'The API can not be reached.', hint }
  }
  return {
    ...nothing,
    title: 'Something went wrong',
    detail: 'The console met with a mistake of its own.',
    hint: 'Reload the page.',
  }
}
