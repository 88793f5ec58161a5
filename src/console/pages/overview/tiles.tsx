// A few numbers that say at a glance how things are.

import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

export function Tiles({ children }: { children: ReactNode }) {
  return <div className="tiles">{children}</div>
}

interface TileProps {
  readonly label: string
  /** undefined: not known yet. */
  readonly value: string | undefined
  readonly note: string
  /** The page that tells more. */
  readonly to?: string
  readonly isBad?: boolean
}

export function Tile({ label, value, note, to, isBad = false }: TileProps) {
  return (
    <div className="card tile" data-bad={isBad || undefined}>
      <div className="tile-label">{to === undefined ? label : <Link to={to}>{label}</Link>}</div>
      <div className="tile-value">{value ?? <Skeleton height={28} width={64} my={4} />}</div>
      <div className="second-line">{note === '' ? '\u00a0' : note}</div>
    </div>
  )
}
