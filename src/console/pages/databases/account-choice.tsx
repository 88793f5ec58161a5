// As whom to connect: oneself, which is not advised, or a service account that reaches the database.

import { Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { RoleBadge } from '../../parts/badge.js'
import { Icon } from '../../parts/icon.js'
import { LoadingRows } from '../../parts/loading.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { MAX_SEARCH_LENGTH, type SearchedList } from '../../search.js'
import { useMe, useRights } from '../../session.js'
import { obstacleOf, type Access } from './asked-account.js'

/** A few need no search. */
const FEW = 5

interface AccountChoiceProps {
  /** Service accounts, those that were searched for. */
  readonly machines: SearchedList<Access>
  /** One's own access; null: none. */
  readonly mine: Access | null
  /** The chosen one, on the list or not; null: none is. */
  readonly asked: Access | null
  readonly typed: string
  readonly onType: (text: string) => void
  readonly onChoose: (account: string) => void
  readonly onCreate: () => void
}

export function AccountChoice(props: AccountChoiceProps) {
  const { machines, mine, asked, typed, onType, onChoose, onCreate } = props
  const { mayMake } = useRights()
  const { items = [], hasMore } = machines
  const isSearchable = typed !== '' || machines.searchedFor !== '' || hasMore || items.length > FEW
  const own = mine ? [mine] : []
  const isListed = [...own, ...items].some(({ account }) => account === asked?.account)
  const choices = [...own, ...(asked === null || isListed ? [] : [asked]), ...items]
  const choice = (access: Access) => (
    <Choice
      key={access.account}
      access={access}
      isChosen={access.account === asked?.account}
      onChoose={() => onChoose(access.account)}
    />
  )
  return (
    <Stack gap="sm">
      <Title order={2} size="h5">
        Connect as
      </Title>
      {mayMake && <MakeButton hasRole={mine !== null} onCreate={onCreate} />}
      {isSearchable && (
        <TextInput
          type="search"
          aria-label="Find a service account"
          placeholder="Find a service account"
          maxLength={MAX_SEARCH_LENGTH}
          leftSection={<Icon name="search" size={16} />}
          value={typed}
          onChange={event => onType(event.currentTarget.value)}
        />
      )}
      <div
        className="choice-list"
        role="radiogroup"
        aria-label="Connect as"
        aria-busy={machines.isPrevious || undefined}
      >
        {choices.map(choice)}
      </div>
      <ListEnd machines={machines} />
    </Stack>
  )
}

function ListEnd({ machines }: { machines: SearchedList<Access> }) {
  const { mayMake } = useRights()
  const { items, error, hasMore, isFetchingMore, more, retry, searchedFor } = machines
  if (items === undefined) return error ? <ProblemNotice error={error} onRetry={retry} /> : <LoadingRows rows={3} />
  if (hasMore)
    return (
      <Button variant="default" size="sm" loading={isFetchingMore} onClick={more}>
        Show more
      </Button>
    )
  if (items.length > 0) return null
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {searchedFor !== ''
        ? `No service account matches ${searchedFor}.`
        : mayMake
          ? 'No service account reaches this database yet. Make one for the program that shall connect.'
          : 'No service account reaches this database yet.'}
    </Text>
  )
}

function MakeButton({ hasRole, onCreate }: { hasRole: boolean; onCreate: () => void }) {
  return (
    <>
      <Button variant="default" leftSection={<Icon name="plus" size={16} />} onClick={onCreate} disabled={!hasRole}>
        Create new
      </Button>
      {!hasRole && (
        <Text size="xs" c="dimmed">
          You have no role on this database, so an account that you create could have none either.
        </Text>
      )}
    </>
  )
}

interface ChoiceProps {
  readonly access: Access
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function Choice({ access, isChosen, onChoose }: ChoiceProps) {
  const { account: me } = useMe()
  const obstacle = obstacleOf(access, me.name)
  const note =
    access.kind === 'personal'
      ? 'Your personal account. For a program, take a service account: it outlives your role.'
      : obstacle && `Cannot connect: ${obstacle}.`
  return (
    <button
      type="button"
      role="radio"
      aria-checked={isChosen}
      className="choice-card"
      disabled={obstacle !== null}
      onClick={onChoose}
    >
      <Icon name={access.kind === 'personal' ? 'user' : 'robot'} />
      <span style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={500} component="span" className="mono" style={{ overflowWrap: 'anywhere' }}>
          {access.account}
        </Text>
        {note && (
          <Text size="xs" c="dimmed" component="span" display="block" mt={2}>
            {note}
          </Text>
        )}
      </span>
      {access.role !== null && <RoleBadge role={access.role} />}
    </button>
  )
}
