// Asks once before something is destroyed, and says what that will do. It closes before `onDone`, so what shows a result, such
// as a secret, is a FormDialog: see shown-once.tsx.

import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useAction } from '../action.js'
import { ProblemNotice } from './problem-notice.js'

interface ConfirmDialogProps<Output> {
  readonly isOpen: boolean
  readonly onClose: () => void
  /** The question, as in `Revoke 3 keys?` */
  readonly title: string
  /** What will happen: how many keys, how many sessions, whether it can be undone. */
  readonly children: ReactNode
  /** The button's words: the deed itself, never OK. */
  readonly deed: string
  readonly act: (input: undefined, idempotencyKey: string) => Promise<Output>
  readonly onDone?: (output: Output) => void
  /** Default: destroys something. */
  readonly isHarmless?: boolean
  /** What must be known first has not come yet. */
  readonly isDisabled?: boolean
}

export function ConfirmDialog<Output>(props: ConfirmDialogProps<Output>) {
  const { isOpen, onClose, title, children, deed, act, onDone, isHarmless = false, isDisabled = false } = props
  const action = useAction(act, {
    onDone: output => {
      onClose()
      onDone?.(output)
    },
  })
  const close = () => {
    if (action.isPending) return
    action.reset()
    onClose()
  }
  return (
    <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <div style={{ fontSize: 14 }}>{children}</div>
        {action.error && <ProblemNotice error={action.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} disabled={action.isPending} data-autofocus>
            Cancel
          </Button>
          <Button
            color={isHarmless ? 'accent' : 'red.8'}
            loading={action.isPending}
            disabled={isDisabled}
            onClick={() => action.run(undefined)}
          >
            {deed}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
