// The databases that one may reach, with one's role; admins and viewers see all there are.

import { api, type Resource } from '../../api.js'
import { RoleBadge } from '../../parts/badge.js'
import { DatabaseLink } from '../../parts/database-link.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing, type Column } from '../../parts/records.js'
import { useFind } from '../../search.js'
import { useRights } from '../../session.js'

type Database = Resource<'Database'>

export default function DatabasesPage() {
  const { seesAll, isAdmin } = useRights()
  const find = useFind(['databases'], query => api.GET('/v1/databases', { params: { query } }))
  return (
    <PageFrame title="Databases" description="Open one to connect to it, and to see who else does.">
      <FindField find={find} label="Find by name" />
      <Listing
        label="Databases"
        list={find.list}
        columns={seesAll ? [...COLUMNS, ...PLACE] : COLUMNS}
        keyOf={({ name }) => name}
        empty={
          find.list.searchedFor !== '' ? (
            <NoneFound find={find} title="No database matches" searched="Names" />
          ) : (
            <Empty icon="database" title="No databases yet">
              {isAdmin ? (
                <>
                  Register one from a terminal:{' '}
                  <span className="mono">npx postern database add shop --url - --provision</span>
                </>
              ) : (
                'An admin gives you a role on a database, by itself or through a group. Then it is listed here.'
              )}
            </Empty>
          )
        }
      />
    </PageFrame>
  )
}

const COLUMNS: readonly Column<Database>[] = [
  {
    label: 'Name',
    show: ({ name }) => <DatabaseLink name={name} />,
  },
  { label: 'Your role', show: ({ role }) => <RoleBadge role={role} /> },
]

const PLACE: readonly Column<Database>[] = [
  {
    label: 'Server',
    show: ({ upstream }) =>
      upstream ? <span className="mono">{`${upstream.host}:${upstream.port}/${upstream.dbname}`}</span> : null,
  },
  { label: 'TLS to it', show: ({ upstream }) => upstream?.sslmode ?? null },
]
