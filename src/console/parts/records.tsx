// A list of the API as a table, which on a phone becomes a card for each record.

import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { List } from '../list.js'
import { LoadingRows } from './loading.js'
import { ProblemNotice } from './problem-notice.js'

export interface Column<T> {
  /** Empty: for the eyes there is nothing to say, as above buttons. */
  readonly label: string
  /** null: nothing to show; a card leaves the line out. */
  readonly show: (record: T) => ReactNode
  readonly atEnd?: boolean
}

interface RecordsProps<T> {
  /** What the table is about, for a screen reader. */
  readonly label: string
  /** The first names the record. */
  readonly columns: readonly Column<T>[]
  readonly records: readonly T[]
  readonly keyOf: (record: T) => string
}

export function Records<T>({ label, columns, records, keyOf }: RecordsProps<T>) {
  return (
    <table className="records" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ label, atEnd }) =>
            label === '' ? (
              <td key={label} />
            ) : (
              <th key={label} scope="col" data-end={atEnd || undefined}>
                {label}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {records.map(record => (
          <tr key={keyOf(record)}>
            {columns.map((column, index) => (
              <Cell key={column.label} column={column} record={record} isFirst={index === 0} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell<T>({ column, record, isFirst }: { column: Column<T>; record: T; isFirst: boolean }) {
  const shown = column.show(record)
  return (
    <td data-end={column.atEnd || undefined} data-empty={shown === null || undefined}>
      {!isFirst && column.label !== '' && (
        <span className="records-cell-label" aria-hidden="true">
          {column.label}
        </span>
      )}
      {shown}
    </td>
  )
}

interface ListingProps<T> extends Omit<RecordsProps<T>, 'records'> {
  readonly list: List<T>
  /** Shown when there is none: see parts/empty.tsx. */
  readonly empty: ReactNode
}

/** A list with all that it can be: on its way, failed, empty, there, and longer than a page. */
export function Listing<T>({ list, empty, ...records }: ListingProps<T>) {
  const { items, error } = list
  if (items === undefined) {
    return <div className="card">{error ? <ProblemNotice error={error} onRetry={list.retry} /> : <LoadingRows />}</div>
  }
  return (
    <div className="card" aria-busy={list.isPrevious || undefined}>
      {items.length === 0 ? empty : <Records {...records} records={items} />}
      {list.hasMore && (
        <Group justify="center" p="sm">
          <Button variant="default" size="sm" loading={list.isFetchingMore} onClick={list.more}>
            Show more
          </Button>
        </Group>
      )}
    </div>
  )
}
