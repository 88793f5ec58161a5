// Catches what a page fails with, so that a mistake of ours leaves no blank page. After an upgrade of Postern the files of
// a page that was not opened before are gone: then a reload helps.

import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'

export class CrashGuard extends Component<{ children: ReactNode }, { hasCrashed: boolean }> {
  override state = { hasCrashed: false }

  static getDerivedStateFromError() {
    return { hasCrashed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasCrashed) return this.props.children
    return (
      <Center mih="100vh" p="md">
        <Stack component="main" align="center" gap="xs">
          <Title order={1} size="h3">
            This page could not be shown
          </Title>
          <Text c="dimmed" size="sm" ta="center" maw={380}>
            Postern may have been upgraded since you opened it. Nothing that you did is lost.
          </Text>
          <Button mt="sm" onClick={() => location.reload()}>
            Reload
          </Button>
        </Stack>
      </Center>
    )
  }
}
