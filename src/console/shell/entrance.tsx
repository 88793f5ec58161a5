// The frame of the pages that are before the door: signing in, and taking an invitation.

import { Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Logo } from './logo.js'

export function Entrance({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · Postern`)
  return (
    <main className="sign-in">
      <Stack w="100%" maw={380} gap="lg">
        <Logo size={32} />
        <div className="card" style={{ padding: 24 }}>
          <Title order={1} size="h3">
            {title}
          </Title>
          <Text size="sm" c="dimmed" mt={4} mb="md">
            {lead}
          </Text>
          {children}
        </div>
      </Stack>
    </main>
  )
}
