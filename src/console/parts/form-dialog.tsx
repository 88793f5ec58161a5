// A dialog with a form: it is sent once, and says what was wrong with it.

import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Action } from '../action.js'
import { ProblemNotice } from './problem-notice.js'

interface FormDialogProps {
  readonly title: string
  readonly onClose: () => void
  /** The button's words: the deed itself. */
  readonly deed: string
  readonly action: Pick<Action<never>, 'isPending' | 'error'>
  readonly onSubmit: () => void
  readonly isDisabled?: boolean
  readonly size?: string
  readonly children: ReactNode
}

/** To be rendered while it is open only: its fields begin empty then. */
export function FormDialog({ title, onClose, deed, action, onSubmit, isDisabled, size, children }: FormDialogProps) {
  const close = () => {
    if (!action.isPending) onClose()
  }
  return (
    <Modal opened onClose={close} title={title} size={size ?? 'md'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={event => {
          event.preventDefault()
          if (!isDisabled) onSubmit()
        }}
      >
        <Stack>
          {children}
          {action.error && <ProblemNotice error={action.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={action.isPending}>
              Cancel
            </Button>
            <Button type="submit" loading={action.isPending} disabled={isDisabled ?? false}>
              {deed}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
