// When a key shall expire.

import { Select } from '@mantine/core'

const CHOICES = [
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: '', label: 'Never' },
]

/** Days as text; empty: never. */
export function ExpiryChoice({ value, onChange }: { value: string; onChange: (days: string) => void }) {
  return (
    <Select
      label="Expires"
      description="Its sessions end then too."
      data={CHOICES}
      value={value}
      onChange={days => onChange(days ?? '')}
    />
  )
}

export function toExpiry(days: string): { expires_in_days?: number } {
  return days === '' ? {} : { expires_in_days: Number(days) }
}
