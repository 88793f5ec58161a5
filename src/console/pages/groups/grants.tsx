// What a group gives: a role on each of its databases.

import { Button, SegmentedControl, Text } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { RoleBadge, type Role } from '../../parts/badge.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { DatabaseLink } from '../../parts/database-link.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { FormDialog } from '../../parts/form-dialog.js'
import { Listing } from '../../parts/records.js'
import { SearchSelect } from '../../parts/search-select.js'
import { Section } from '../../parts/section.js'
import { useFind, useSearch } from '../../search.js'
import { useRights } from '../../session.js'

type Grant = Resource<'GroupGrant'>

export function Grants({ group }: { group: string }) {
  const { isAdmin } = useRights()
  const [isGiving, setIsGiving] = useState(false)
  const [taken, setTaken] = useState<Grant | null>(null)
  const find = useFind(
    ['groups', group, 'grants'],
    query => api.GET('/v1/groups/{group}/grants', { params: { path: { group }, query } }),
    'database',
  )
  const give = (
    <Button variant="default" onClick={() => setIsGiving(true)}>
      Grant a role
    </Button>
  )
  return (
    <Section
      title="Grants"
      description="The roles that members have on databases."
      actions={isAdmin ? give : undefined}
    >
      <FindField find={find} label="Find a database" />
      <Listing
        label="Grants"
        list={find.list}
        keyOf={({ database }) => database}
        empty={
          find.list.searchedFor !== '' ? (
            <NoneFound find={find} title="No database matches" searched="Names of databases" />
          ) : (
            <Empty icon="database" title="It gives nothing yet">
              {isAdmin ? 'Grant it a role on a database.' : 'An admin grants it roles on databases.'}
            </Empty>
          )
        }
        columns={[
          {
            label: 'Database',
            show: ({ database }) => <DatabaseLink name={database} />,
          },
          { label: 'Role', show: ({ role }) => <RoleBadge role={role} /> },
          {
            label: '',
            atEnd: true,
            show: grant =>
              isAdmin ? (
                <Button size="compact-sm" variant="default" onClick={() => setTaken(grant)}>
                  Take away<span className="visually-hidden"> {grant.database}</span>
                </Button>
              ) : null,
          },
        ]}
      />
      {isGiving && <GiveRole group={group} onClose={() => setIsGiving(false)} />}
      {taken && <TakeRole grant={taken} onClose={() => setTaken(null)} />}
    </Section>
  )
}

const ROLES: readonly { value: Role; label: string }[] = [
  { value: 'reader', label: 'reader' },
  { value: 'writer', label: 'writer' },
  { value: 'admin', label: 'admin' },
]

const MEANING: Readonly<Record<Role, string>> = {
  reader: 'Reads every table, changes nothing.',
  writer: 'Reads and changes what is in the tables.',
  admin: 'That, and the rights of the owner: changes the tables themselves.',
}

function GiveRole({ group, onClose }: { group: string; onClose: () => void }) {
  const [database, setDatabase] = useState<string | null>(null)
  const [role, setRole] = useState<Role>('reader')
  const giving = useAction(
    ({ database, role }: { database: string; role: Role }) =>
      api.PUT('/v1/groups/{group}/grants/{database}', { params: { path: { group, database } }, body: { role } }),
    { onDone: onClose },
  )
  return (
    <FormDialog
      title={`Grant ${group} a role`}
      deed="Grant"
      onClose={onClose}
      action={giving}
      isDisabled={database === null}
      onSubmit={() => {
        if (database !== null) giving.run({ database, role })
      }}
    >
      <SearchSelect
        label="Database"
        placeholder="Choose one"
        nothingFound="No database matches"
        useFound={useDatabases}
        toChoice={({ name }) => ({ value: name })}
        value={database}
        onChange={setDatabase}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          Role
        </Text>
        <SegmentedControl
          fullWidth
          aria-label="Role"
          data={[...ROLES]}
          value={role}
          onChange={value => setRole(value)}
        />
        <Text size="sm" c="dimmed" mt={6}>
          {MEANING[role]} It takes the place of a role that the group has there; a lesser one ends sessions that
          depended on the greater.
        </Text>
      </div>
    </FormDialog>
  )
}

function useDatabases(typed: string) {
  return useSearch(['databases'], typed, query => api.GET('/v1/databases', { params: { query } }))
}

function TakeRole({ grant: { group, database, role }, onClose }: { grant: Grant; onClose: () => void }) {
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Take ${role} on ${database} away from ${group}?`}
      deed="Take away"
      act={() => api.DELETE('/v1/groups/{group}/grants/{database}', { params: { path: { group, database } } })}
      onDone={() => watchChange({ title: `Took ${role} on ${database} away from ${group}`, sessions: [] })}
    >
      Members lose the role unless they have it in another way, and their live sessions that depend on it end, within a
      second as a rule.
    </ConfirmDialog>
  )
}
