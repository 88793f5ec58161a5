// What stands where something will be, of about its size, so that nothing jumps.

import { Skeleton, VisuallyHidden } from '@mantine/core'

/** @param rows how many lines are likely to come */
export function LoadingRows({ rows = 4 }: { rows?: number }) {
  return (
    <div aria-busy="true">
      <VisuallyHidden>Loading…</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} style={{ padding: '15px 16px' }}>
          <Skeleton height={16} width={`${[62, 48, 70, 55][row % 4]}%`} />
        </div>
      ))}
    </div>
  )
}

export function LoadingBlock({ height = 160 }: { height?: number }) {
  return (
    <div aria-busy="true">
      <VisuallyHidden>Loading…</VisuallyHidden>
      <Skeleton height={height} radius="lg" />
    </div>
  )
}
