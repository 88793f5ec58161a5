// One event: a line, and behind it everything that the log knows of it.

import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Resource } from '../../api.js'
import { Badge } from '../../parts/badge.js'
import { Icon } from '../../parts/icon.js'
import { Notice } from '../../parts/notice.js'
import { explainReason } from '../../reasons.js'

type Event = Resource<'AuditEvent'>

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

const NOBODY: Readonly<Record<Event['via'], string>> = {
  proxy: 'an unknown client',
  system: 'Postern itself',
  key: 'nobody known',
  console: 'nobody known',
}

export function AuditEntry({ event, isOpen }: { event: Event; isOpen: boolean }) {
  const { at, actor, action, target, outcome, reason, via } = event
  return (
    <li>
      <details className="entry" open={isOpen || undefined}>
        <summary>
          <time dateTime={at} className="entry-time mono">
            {clock.format(new Date(at))}
          </time>
          <span className="entry-words">
            <span>
              <b className="mono">{action}</b>
              {target !== null && target !== actor && <span className="mono"> {target}</span>}
            </span>
            <span className="second-line">
              by {actor ?? NOBODY[via]}
              {reason !== null && <>: {explainReason(reason).what.replace(/^./, letter => letter.toLowerCase())}</>}
            </span>
          </span>
          <Badge tone={outcome === 'refused' ? 'bad' : 'good'}>{outcome}</Badge>
          <span className="entry-chevron">
            <Icon name="chevron" size={16} />
          </span>
        </summary>
        <Details event={event} />
      </details>
    </li>
  )
}

function Details({ event }: { event: Event }) {
  const { reason, reference, actor, actor_key: key, address, via, before, after, seq } = event
  return (
    <div className="entry-details">
      {reason !== null && <TrueReason reason={reason} />}
      <dl className="facts">
        <Fact name="When">{new Date(event.at).toLocaleString('en', { dateStyle: 'full', timeStyle: 'long' })}</Fact>
        {actor !== null && (
          <Fact name="Who">
            <span className="mono">{actor}</span>{' '}
            <Link to={`/audit?actor=${encodeURIComponent(actor)}`} className="quiet-link">
              all they did
            </Link>
          </Fact>
        )}
        {key !== null && (
          <Fact name="With key">
            <span className="mono">{key}</span>
          </Fact>
        )}
        <Fact name="Through">{WAYS[via]}</Fact>
        {address !== null && (
          <Fact name="From">
            <span className="mono">{address}</span>
          </Fact>
        )}
        {reference !== null && (
          <Fact name="Reference">
            <span className="mono">{reference}</span>
          </Fact>
        )}
        <Fact name="Number">{seq}</Fact>
      </dl>
      <Change label="Before" value={before} />
      <Change label="After" value={after} />
    </div>
  )
}

const WAYS: Readonly<Record<Event['via'], string>> = {
  key: 'the API, with a key',
  console: 'the console',
  proxy: 'a login at the proxy',
  system: 'Postern itself, or the command line on the store',
}

function TrueReason({ reason }: { reason: string }) {
  const { what, advice } = explainReason(reason)
  return (
    <Notice tone="warn">
      <Text size="sm" fw={600}>
        {what} <span className="mono">({reason})</span>
      </Text>
      {advice !== '' && <Text size="sm">{advice}</Text>}
    </Notice>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Change({ label, value }: { label: string; value: object | null }) {
  if (value === null) return null
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {label}
      </Text>
      <pre className="code" aria-label={label}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </div>
  )
}
