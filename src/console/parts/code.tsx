// Text to be pasted somewhere, with its copy button.

import { Group, Text } from '@mantine/core'
import { CopyButton } from './copy-button.js'

interface CodeProps {
  readonly text: string
  /** What it is, as in `the URI`. */
  readonly what: string
  readonly title?: string
}

export function Code({ text, what, title }: CodeProps) {
  return (
    <div>
      <Group justify="space-between" mb={6} wrap="nowrap" mih={30}>
        <Text size="sm" fw={500}>
          {title ?? ''}
        </Text>
        <CopyButton text={text} what={what} />
      </Group>
      {/* Long lines wrap: nothing has to be scrolled to be seen. */}
      <pre className="code" aria-label={title ?? what}>
        {text}
      </pre>
    </div>
  )
}
