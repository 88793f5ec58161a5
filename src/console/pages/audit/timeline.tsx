// Events under the days they happened on; each opens to all that is known of it.

import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Resource } from '../../api.js'
import type { List } from '../../list.js'
import { LoadingRows } from '../../parts/loading.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { AuditEntry } from './audit-entry.js'

type Event = Resource<'AuditEvent'>

interface TimelineProps {
  readonly list: List<Event>
  readonly empty: ReactNode
  /** Shows the details of all: they are few. */
  readonly isOpen: boolean
}

export function Timeline({ list, empty, isOpen }: TimelineProps) {
  const { items, error } = list
  if (items === undefined) {
    return (
      <div className="card">
        {error ? <ProblemNotice error={error} onRetry={list.retry} /> : <LoadingRows rows={8} />}
      </div>
    )
  }
  return (
    <div className="card">
      {items.length === 0 && empty}
      {byDay(items).map(({ day, events }) => (
        <section key={day} aria-label={day}>
          <h2 className="timeline-day">{day}</h2>
          <ul className="timeline">
            {events.map(event => (
              <AuditEntry key={event.seq} event={event} isOpen={isOpen} />
            ))}
          </ul>
        </section>
      ))}
      {list.hasMore && (
        <Group justify="center" p="sm">
          <Button variant="default" size="sm" loading={list.isFetchingMore} onClick={list.more}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </div>
  )
}

const days = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

function byDay(events: readonly Event[]): { day: string; events: Event[] }[] {
  const groups: { day: string; events: Event[] }[] = []
  for (const event of events) {
    const day = days.format(new Date(event.at))
    const last = groups.at(-1)
    if (last?.day === day) last.events.push(event)
    else groups.push({ day, events: [event] })
  }
  return groups
}
