// How far a revocation has come: on how many instances it is in force, and how many of the sessions have ended. Stands in
// the corner until it is closed; see change-watch.ts for how a page has it shown.

import { CloseButton, Loader, Progress, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { count } from '../amounts.js'
import { api, type Resource } from '../api.js'
import { forgetAllWatches, forgetWatch, useWatches, type Watch } from '../change-watch.js'
import { readSessions } from '../live-sessions.js'
import { useRights } from '../session.js'
import { Icon } from './icon.js'

const ASK_EVERY_MS = 1_000

/** All that are being watched. */
export function ChangeWatches() {
  const watches = useWatches()
  // Whoever signs in next has not made them.
  useEffect(() => forgetAllWatches, [])
  return (
    <div className="watches" role="status">
      {watches.map(watch => (
        <ChangeProgress key={watch.id} watch={watch} />
      ))}
    </div>
  )
}

function ChangeProgress({ watch }: { watch: Watch }) {
  const { data, error } = useProgress(watch)
  const isDone = data !== undefined && data.on === data.of && data.ended === watch.sessions.length
  return (
    <section className="watch" aria-label={watch.title}>
      <span className="watch-state" data-done={isDone || undefined}>
        {isDone ? <Icon name="check" size={18} /> : <Loader size={16} aria-hidden="true" />}
      </span>
      <div style={{ minWidth: 0, flex: 1 }}>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {watch.title}
        </Text>
        <Text size="sm" c="dimmed">
          {data === undefined ? 'Looking where it is in force…' : tell(data, watch.sessions.length)}
        </Text>
        <Progress
          mt={8}
          size={4}
          color={isDone ? 'teal' : 'accent'}
          value={data === undefined ? 0 : share(data, watch.sessions.length)}
          aria-hidden="true"
        />
        {data !== undefined && data.silent > 0 && !isDone && (
          <Text size="xs" mt={8}>
            {count(data.silent, 'instance')} can not be heard. What can not read the list of revocations for five
            minutes takes no logins and ends its sessions by itself, as the settings have it.
          </Text>
        )}
        {error && !isDone && (
          <Text size="xs" mt={8}>
            It is made, but how far it has come can not be seen now. Asking again.
          </Text>
        )}
      </div>
      <CloseButton size="sm" aria-label={`Close: ${watch.title}`} onClick={() => forgetWatch(watch.id)} />
    </section>
  )
}

interface Progress {
  /** Instances; null: this person may not see them. */
  readonly on: number | null
  readonly of: number | null
  readonly silent: number
  readonly ended: number
}

function useProgress(watch: Watch) {
  const { seesAll } = useRights()
  // Later changes are not this one's: what was the newest when it was first asked stays.
  const seq = useRef(watch.seq)
  return useQuery({
    queryKey: ['change-progress', watch.id],
    queryFn: async (): Promise<Progress> => {
      const instances = seesAll ? await readInstances(seq.current) : null
      seq.current ??= instances?.in_force.seq
      return measure(watch, instances, new Set((await readLive(watch)).map(({ id }) => id)))
    },
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state: { data } }) =>
      data && data.on === data.of && data.ended === watch.sessions.length ? false : ASK_EVERY_MS,
  })
}

async function readInstances(seq: number | undefined): Promise<Resource<'Instances'>> {
  const { data } = await api.GET('/v1/instances', { params: { query: seq === undefined ? {} : { seq } } })
  return data
}

/** The sessions of the accounts that are concerned; none needs no question. */
async function readLive({ sessions }: Watch) {
  const [account, ...more] = new Set(sessions.map(({ account }) => account))
  if (account === undefined) return []
  return (await readSessions(more.length === 0 ? { account } : {})).sessions
}

/** Sessions of a silent instance are on no list, which does not say that they have ended. */
function measure({ sessions }: Watch, instances: Resource<'Instances'> | null, live: ReadonlySet<string>): Progress {
  const silent = (instances?.items ?? []).filter(({ runs_proxy, state }) => runs_proxy && state === 'silent')
  const unheard = new Set(silent.map(({ id }) => id))
  const ended = sessions.filter(({ id, instance }) => !live.has(id) && !unheard.has(instance)).length
  const { on = null, of = null } = instances?.in_force ?? {}
  return { on, of, silent: silent.length, ended }
}

function tell({ on, of, ended }: Progress, sessions: number): string {
  const force =
    of === null || on === null
      ? []
      : [of === 0 ? 'No proxy is running' : `In force on ${on} of ${count(of, 'instance')}`]
  const ends = sessions === 0 ? [] : [`${ended} of ${count(sessions, 'session')} ended`]
  const told = [...force, ...ends]
  return told.length === 0 ? 'It is in force within a second as a rule, five minutes at most' : told.join(', ')
}

/** In percent. */
function share({ on, of, ended }: Progress, sessions: number): number {
  const whole = (of ?? 0) + sessions
  return whole === 0 ? 100 : (100 * ((on ?? 0) + ended)) / whole
}
