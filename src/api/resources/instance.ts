// The instances of Postern and what each of them knows, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Instances, SeenInstance } from '../../store/instances.js'
import { choice, nullable, Time, toTime } from '../schema-types.js'

export const InstanceQuery = Type.Object(
  {
    seq: Type.Optional(
      Type.Integer({ minimum: 0, description: 'The change that is asked for. Left out: the newest of all.' }),
    ),
  },
  { additionalProperties: false },
)

const InstanceSchema = Type.Object(
  {
    id: Type.String(),
    host: Type.String(),
    version: Type.String(),
    runs_proxy: Type.Boolean({ description: 'false: it runs the API alone, so no session can be there.' }),
    state: choice(['reporting', 'silent'], {
      description:
        'silent: it has missed its last reports. Sessions may still live there, but no longer than revocation.max_age.',
    }),
    started_at: Time,
    seen_at: Time,
    list_seq: Type.Integer({ description: 'The newest change that it acts on.' }),
    list_age_seconds: nullable(
      Type.Number({
        description: 'Age of its list of changes, if it was not read since the report. null: never read.',
      }),
    ),
    list_read_at: nullable({ ...Time, description: 'When its list was last read, as far as is known.' }),
    push: nullable(
      choice(['up', 'down'], {
        description:
          'Whether it hears of changes as they are committed. down: it finds them by asking, every revocation.refresh. ' +
          'null: its version does not tell.',
      }),
    ),
    in_force: Type.Boolean({ description: 'Whether the change that is asked for is in force there.' }),
  },
  { title: 'Instance' },
)

export const InstancesSchema = Type.Object(
  {
    items: Type.Array(InstanceSchema),
    in_force: Type.Object(
      {
        seq: Type.Integer({ description: 'The change that is asked for.' }),
        on: Type.Integer({ description: 'Proxies where it is in force.' }),
        of: Type.Integer({ description: 'Proxies in all, silent ones too.' }),
      },
      { title: 'InForce' },
    ),
  },
  { title: 'Instances' },
)

/** Shows instances, and where change `seq` (default: the newest) is in force. */
export function showInstances(
  { items, head }: Instances,
  { seq = head, silentAfterMs }: { seq?: number | undefined; silentAfterMs: number },
): Static<typeof InstancesSchema> {
  const proxies = items.filter(({ runsProxy }) => runsProxy)
  const on = proxies.filter(({ listSeq }) => listSeq >= seq).length
  return {
    items: items.map(item => showInstance(item, seq, silentAfterMs)),
    in_force: { seq, on, of: proxies.length },
  }
}

function showInstance(instance: SeenInstance, seq: number, silentAfterMs: number) {
  const { id, host, version, runsProxy, startedAt, seenAt, silentMs, listSeq, listAgeMs, isPushUp } = instance
  return {
    id,
    host,
    version,
    runs_proxy: runsProxy,
    state: silentMs > silentAfterMs ? ('silent' as const) : ('reporting' as const),
    started_at: toTime(startedAt),
    seen_at: toTime(seenAt),
    list_seq: listSeq,
    list_age_seconds: listAgeMs === null ? null : listAgeMs / 1000,
    list_read_at: listAgeMs === null ? null : toTime(seenAt + silentMs - listAgeMs),
    push: isPushUp === null ? null : isPushUp ? ('up' as const) : ('down' as const),
    in_force: listSeq >= seq,
  }
}
