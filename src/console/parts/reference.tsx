// The reference of a problem: to be copied and, by those who may read the audit log, looked up.

import { Group, Text } from '@mantine/core'
import { useContext } from 'react'
import { Link } from 'react-router'
import { seesAll, Signed } from '../session.js'
import { CopyButton } from './copy-button.js'

/** @param reference as the API gives it, which is the form that the log and the audit log have */
export function Reference({ reference }: { reference: string }) {
  // Null before the sign-in, where problems are shown too.
  const me = useContext(Signed)
  const text = (
    <span className="mono" style={{ overflowWrap: 'anywhere' }}>
      {reference}
    </span>
  )
  return (
    <Group gap={8} wrap="nowrap">
      <Text size="xs" c="dimmed">
        Reference{' '}
        {me && seesAll(me) ? (
          <Link className="quiet-link" to={`/audit?reference=${encodeURIComponent(reference)}`}>
            {text}
          </Link>
        ) : (
          text
        )}
      </Text>
      <CopyButton text={reference} what="the reference" />
    </Group>
  )
}
