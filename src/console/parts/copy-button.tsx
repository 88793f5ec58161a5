// Copies a text, and says so.

import { ActionIcon, Button, Tooltip, VisuallyHidden } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Icon } from './icon.js'

const SHOWN_MS = 1600

interface CopyButtonProps {
  readonly text: string
  /** What is copied, as in `the token`. */
  readonly what: string
  /** A button with words, for what matters most on a page. */
  readonly isLarge?: boolean
  readonly onCopied?: () => void
}

export function CopyButton({ text, what, isLarge = false, onCopied }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null)
  useEffect(() => {
    if (outcome === null) return
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [outcome])

  const copyNow = async () => {
    const isCopied = await copy(text)
    setOutcome(isCopied ? 'copied' : 'failed')
    if (isCopied) onCopied?.()
  }
  const label = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Select it and copy by hand' : `Copy ${what}`
  const icon = <Icon name={outcome === 'copied' ? 'check' : 'copy'} size={16} />
  return (
    <>
      {isLarge ? (
        <Button leftSection={icon} onClick={() => void copyNow()}>
          {label}
        </Button>
      ) : (
        <Tooltip label={label} {...(outcome !== null && { opened: true })}>
          <ActionIcon variant="default" size={30} aria-label={`Copy ${what}`} onClick={() => void copyNow()}>
            {icon}
          </ActionIcon>
        </Tooltip>
      )}
      <VisuallyHidden role="status">{outcome === null ? '' : label}</VisuallyHidden>
    </>
  )
}

/** Tells whether it worked. Pages of plain http have no clipboard to write to, but can still copy what is selected. */
async function copy(text: string): Promise<boolean> {
  try {
    if (isSecureContext) {
      await navigator.clipboard.writeText(text)
      return true
    }
    return copySelected(text)
  } catch {
    return copySelected(text)
  }
}

function copySelected(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  try {
    return document.execCommand('copy')
  } finally {
    field.remove()
  }
}
