// The groups: what gives many the same roles at once.

import { Button } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, type Resource } from '../../api.js'
import { Badge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { Icon } from '../../parts/icon.js'
import { OnlyFor } from '../../parts/only-for.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing, type Column } from '../../parts/records.js'
import { useFind } from '../../search.js'
import { useRights } from '../../session.js'
import { GroupForm } from './group-form.js'

export default function GroupsPage() {
  return (
    <OnlyFor who="observers" title="Groups">
      <Groups />
    </OnlyFor>
  )
}

function Groups() {
  const { isAdmin } = useRights()
  const [isMaking, setIsMaking] = useState(false)
  const find = useFind(['groups'], query => api.GET('/v1/groups', { params: { query } }))
  const make = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsMaking(true)}>
      New group
    </Button>
  )
  return (
    <PageFrame
      title="Groups"
      description="A group gives its members, people and service accounts, roles on databases."
      actions={isAdmin ? make : undefined}
    >
      <FindField find={find} label="Find by name or description" />
      <Listing
        label="Groups"
        list={find.list}
        columns={COLUMNS}
        keyOf={({ name }) => name}
        empty={
          find.list.searchedFor !== '' ? (
            <NoneFound find={find} title="No group matches" searched="Names and descriptions" />
          ) : (
            <Empty icon="group" title="No groups yet" action={isAdmin ? make : undefined}>
              Make one for a team, give it roles on databases, and put people and service accounts in.
            </Empty>
          )
        }
      />
      {isMaking && <GroupForm onClose={() => setIsMaking(false)} />}
    </PageFrame>
  )
}

const COLUMNS: readonly Column<Resource<'Group'>>[] = [
  {
    label: 'Name',
    show: ({ name, description }) => (
      <div className="two-lines">
        <Link className="record-link mono" to={`/groups/${name}`}>
          {name}
        </Link>
        {description !== null && <span className="second-line">{description}</span>}
      </div>
    ),
  },
  { label: 'Members', show: ({ members }) => members },
  { label: 'Grants', show: ({ grants }) => grants },
  {
    label: 'Permission',
    show: ({ organization_admin }) => (organization_admin ? <Badge tone="warn">organization admin</Badge> : null),
  },
]
