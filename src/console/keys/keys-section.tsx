// The keys of an account: listed, created, rotated, revoked one by one or all at once.

import { Button, Group, Stack, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { api, type Resource } from '../api.js'
import { useList } from '../list.js'
import { StateBadge } from '../parts/badge.js'
import { Empty } from '../parts/empty.js'
import { Icon } from '../parts/icon.js'
import { Listing, type Column } from '../parts/records.js'
import { Section } from '../parts/section.js'
import { Time } from '../parts/time.js'
import { CreateKeyDialog } from './create-key-dialog.js'
import { KeyNotes } from './key-notes.js'
import { RevokeAllDialog } from './revoke-all-dialog.js'
import { RevokeKeyDialog } from './revoke-key-dialog.js'
import { RotateKeyDialog } from './rotate-key-dialog.js'

type Key = Resource<'Key'>

interface KeysSectionProps {
  readonly account: string
  /** manage: create, rotate and revoke. revoke: nothing else, as with keys of another person. */
  readonly may: 'manage' | 'revoke' | 'see'
  /** How many are active, where all of them can be revoked here. */
  readonly activeKeys?: number
  readonly title?: string
  readonly description?: string
}

export function KeysSection({ account, may, activeKeys = 0, title = 'API keys', description }: KeysSectionProps) {
  const [showsAll, setShowsAll] = useState(false)
  const [isCreating, setIsCreating] = useState(false)
  const [rotating, setRotating] = useState<Key | null>(null)
  const [revoking, setRevoking] = useState<Key | null>(null)
  const [isRevokingAll, setIsRevokingAll] = useState(false)
  const state = showsAll ? {} : ({ state: 'active' } as const)
  const list = useList(['keys', account, showsAll], page =>
    api.GET('/v1/accounts/{account}/keys', { params: { path: { account }, query: { ...page, ...state } } }),
  )
  const actions = (
    <>
      {may !== 'see' && activeKeys > 0 && (
        <Button color="red.8" onClick={() => setIsRevokingAll(true)}>
          Revoke all keys ({activeKeys})
        </Button>
      )}
      {may === 'manage' && (
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsCreating(true)}>
          New key
        </Button>
      )}
    </>
  )
  return (
    <Section
      title={title}
      description={description ?? `A key's token is the password of ${account}.`}
      actions={may !== 'see' && actions}
    >
      <Listing
        label={`Keys of ${account}`}
        list={list}
        columns={may === 'see' ? COLUMNS : [...COLUMNS, actionsOf(may === 'manage' ? setRotating : null, setRevoking)]}
        keyOf={({ id }) => id}
        empty={
          <Empty icon="key" title={showsAll ? 'No keys yet' : 'No active keys'}>
            {may === 'manage'
              ? 'Make one, and connect with its token as the password.'
              : 'Whoever manages this account makes them.'}
          </Empty>
        }
      />
      <Switch
        mt="sm"
        size="sm"
        label="Show revoked and expired keys too"
        checked={showsAll}
        onChange={event => setShowsAll(event.currentTarget.checked)}
      />
      {isCreating && <CreateKeyDialog account={account} onClose={() => setIsCreating(false)} />}
      {rotating && <RotateKeyDialog keyToRotate={rotating} onClose={() => setRotating(null)} />}
      {revoking && <RevokeKeyDialog keyToRevoke={revoking} onClose={() => setRevoking(null)} />}
      {isRevokingAll && (
        <RevokeAllDialog account={account} activeKeys={activeKeys} onClose={() => setIsRevokingAll(false)} />
      )}
    </Section>
  )
}

const COLUMNS: readonly Column<Key>[] = [
  {
    label: 'Key',
    show: key => (
      <Stack gap={2}>
        <Group gap={8}>
          <Text size="sm" fw={500} component="span">
            {key.name ?? 'Unnamed'}
          </Text>
          {key.state !== 'active' && <StateBadge state={key.state} />}
          <KeyNotes of={key} />
        </Group>
        <Text size="xs" c="dimmed" component="span" className="mono">
          {key.id}
        </Text>
        {key.description && (
          <Text size="xs" c="dimmed">
            {key.description}
          </Text>
        )}
      </Stack>
    ),
  },
  {
    label: 'Created',
    show: key => (
      <span>
        <Time at={key.created_at} />
        {key.created_by !== null && key.created_by !== key.account && (
          <Text size="xs" c="dimmed">
            by {key.created_by}
          </Text>
        )}
      </span>
    ),
  },
  { label: 'Expires', show: key => (key.expires_at === null ? 'never' : <Time at={key.expires_at} />) },
  { label: 'Last used', show: key => (key.last_used === null ? 'never' : <LastUse use={key.last_used} />) },
]

function LastUse({ use }: { use: NonNullable<Key['last_used']> }) {
  const from = [use.application, use.address].filter(Boolean).join(' from ')
  return (
    <span>
      <Time at={use.at} />
      <Text size="xs" c="dimmed">
        {[use.database ?? 'the API', from].filter(Boolean).join(', ')}
      </Text>
    </span>
  )
}

/** @param rotate null: that is not offered */
function actionsOf(rotate: ((key: Key) => void) | null, revoke: (key: Key) => void): Column<Key> {
  return {
    label: '',
    atEnd: true,
    show: key =>
      key.state === 'active' && (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          {rotate && (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Rotate ${key.name ?? key.id}`}
              onClick={() => rotate(key)}
            >
              Rotate
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Revoke ${key.name ?? key.id}`}
            onClick={() => revoke(key)}
          >
            Revoke
          </Button>
        </Group>
      ),
  }
}
