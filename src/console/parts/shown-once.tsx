// A dialog with a secret that is shown once. Only its button closes it: neither Escape nor a click beside it loses the secret.
// What it stands for is made by a FormDialog, which it replaces; a ConfirmDialog closes before anything could be shown.

import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'

interface ShownOnceProps {
  readonly title: string
  readonly size?: string
  readonly onClose: () => void
  /** The secret, with a button that copies it. */
  readonly children: ReactNode
}

export function ShownOnce({ title, size = 'md', onClose, children }: ShownOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            I have copied it
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
