// Says that something was done, for as long as it takes to read, wherever one has gone meanwhile.

import { Affix, Paper, Stack, Text } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { Icon } from './icon.js'

const SHOWN_MS = 6000
const MOST = 3

interface Toast {
  readonly id: number
  readonly text: string
}

let toasts: readonly Toast[] = []
let made = 0
const watchers = new Set<() => void>()

function show(next: readonly Toast[]): void {
  toasts = next
  for (const look of watchers) look()
}

/** Tells what was done. Never give it a secret. */
export function tell(text: string): void {
  const toast = { id: ++made, text }
  show([...toasts, toast].slice(-MOST))
  setTimeout(() => show(toasts.filter(({ id }) => id !== toast.id)), SHOWN_MS)
}

function watch(look: () => void): () => void {
  watchers.add(look)
  return () => watchers.delete(look)
}

export function Toasts() {
  const shown = useSyncExternalStore(watch, () => toasts)
  return (
    // Changes that are being watched stand at the right.
    <Affix position={{ bottom: 20, left: 20 }} role="status" style={{ maxWidth: 'calc(100vw - 40px)' }}>
      <Stack gap="xs">
        {shown.map(({ id, text }) => (
          <Paper key={id} shadow="md" withBorder px="md" py="sm" radius="md">
            <Text size="sm" component="span" style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
              <Icon name="check" size={16} />
              {text}
            </Text>
          </Paper>
        ))}
      </Stack>
    </Affix>
  )
}
