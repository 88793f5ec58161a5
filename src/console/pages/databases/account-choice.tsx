// As whom to connect: a service account that reaches the database, or oneself, which is not advised.

import { Button, Stack, Text, Title } from '@mantine/core'
import type { Resource } from '../../api.js'
import { RoleBadge } from '../../parts/badge.js'
import { Icon, type IconName } from '../../parts/icon.js'
import { useMe, useRights } from '../../session.js'

type Access = Resource<'Access'>

interface AccountChoiceProps {
  readonly machines: readonly Access[]
  /** One's own access; left out: none. */
  readonly mine: Access | undefined
  readonly chosen: Access | undefined
  readonly onChoose: (account: string) => void
  readonly onCreate: () => void
}

export function AccountChoice({ machines, mine, chosen, onChoose, onCreate }: AccountChoiceProps) {
  const { mayMake } = useRights()
  const choice = (access: Access, icon: IconName, note: string | null) => (
    <Choice
      key={access.account}
      access={access}
      icon={icon}
      note={note}
      isChosen={access === chosen}
      onChoose={() => onChoose(access.account)}
    />
  )
  return (
    <Stack gap="sm">
      <Title order={2} size="h5">
        Connect as
      </Title>
      <Stack gap={8} role="radiogroup" aria-label="Connect as">
        {machines.map(access => choice(access, 'robot', null))}
        {mine &&
          choice(mine, 'user', 'Your personal account. For a program, take a service account: it outlives your role.')}
      </Stack>
      {machines.length === 0 && (
        <Text size="sm" c="dimmed">
          {mayMake
            ? 'No service account reaches this database yet. Make one for the program that shall connect.'
            : 'No service account reaches this database yet.'}
        </Text>
      )}
      {mayMake && <MakeButton onCreate={onCreate} />}
    </Stack>
  )
}

function MakeButton({ onCreate }: { onCreate: () => void }) {
  const { reach } = useMe()
  const canReachAny = reach.length > 0
  return (
    <Button variant="default" leftSection={<Icon name="plus" size={16} />} onClick={onCreate} disabled={!canReachAny}>
      Create new
    </Button>
  )
}

interface ChoiceProps {
  readonly access: Access
  readonly icon: IconName
  readonly note: string | null
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function Choice({ access: { account, role }, icon, note, isChosen, onChoose }: ChoiceProps) {
  return (
    <button type="button" role="radio" aria-checked={isChosen} className="choice-card" onClick={onChoose}>
      <Icon name={icon} />
      <span style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={500} component="span" className="mono" style={{ overflowWrap: 'anywhere' }}>
          {account}
        </Text>
        {note && (
          <Text size="xs" c="dimmed" component="span" display="block" mt={2}>
            {note}
          </Text>
        )}
      </span>
      <RoleBadge role={role} />
    </button>
  )
}
