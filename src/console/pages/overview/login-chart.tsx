// A bar for each minute: logins admitted, and on top of them those refused.

import { Text } from '@mantine/core'
import type { Resource } from '../../api.js'

type Minute = Resource<'LoginCounts'>['minutes'][number]

const HEIGHT = 100
const GAP = 0.25

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

export function LoginChart({ minutes }: { minutes: readonly Minute[] }) {
  const most = Math.max(1, ...minutes.map(({ admitted, refused }) => admitted + refused))
  const [oldest] = minutes
  return (
    <figure className="chart">
      <figcaption className="chart-key">
        <span data-kind="admitted">admitted</span>
        <span data-kind="refused">refused</span>
        <Text size="xs" c="dimmed" component="span" ml="auto">
          most in a minute: {most}
        </Text>
      </figcaption>
      <svg
        viewBox={`0 0 ${minutes.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={describe(minutes)}
        height={120}
      >
        <line x1={0} x2={minutes.length} y1={HEIGHT} y2={HEIGHT} className="chart-axis" />
        {minutes.map((minute, index) => (
          <Bars key={minute.at} minute={minute} x={index} scale={HEIGHT / most} />
        ))}
      </svg>
      <div className="chart-times">
        <span>{oldest === undefined ? '' : clock.format(new Date(oldest.at))}</span>
        <span>now</span>
      </div>
    </figure>
  )
}

function Bars({ minute: { at, admitted, refused }, x, scale }: { minute: Minute; x: number; scale: number }) {
  if (admitted + refused === 0) return null
  const [low, high] = [admitted * scale, refused * scale]
  const across = { x: x + GAP / 2, width: 1 - GAP }
  return (
    <g>
      <title>{`${clock.format(new Date(at))}: ${admitted} admitted, ${refused} refused`}</title>
      <rect {...across} y={HEIGHT - low} height={low} className="chart-admitted" />
      <rect {...across} y={HEIGHT - low - high} height={high} className="chart-refused" />
    </g>
  )
}

/** The same in words, for who can not see it. */
function describe(minutes: readonly Minute[]): string {
  const [admitted, refused] = [sum(minutes, 'admitted'), sum(minutes, 'refused')]
  const worst = minutes.toSorted((a, b) => b.refused - a.refused)[0]
  const when =
    worst && worst.refused > 0 ? ` Most were refused at ${clock.format(new Date(worst.at))}: ${worst.refused}.` : ''
  return `Logins by minute in the last hour: ${admitted} admitted, ${refused} refused.${when}`
}

function sum(minutes: readonly Minute[], what: 'admitted' | 'refused'): number {
  return minutes.reduce((total, minute) => total + minute[what], 0)
}
