// Who is in a group: people, and apart from them service accounts.

import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { StateBadge } from '../../parts/badge.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { FormDialog } from '../../parts/form-dialog.js'
import { Listing } from '../../parts/records.js'
import { SearchSelect } from '../../parts/search-select.js'
import { Section } from '../../parts/section.js'
import { Time } from '../../parts/time.js'
import { usePeople } from '../../people.js'
import { useFind } from '../../search.js'
import { useRights } from '../../session.js'
import { useLive } from '../../sessions/live-count.js'

type Member = Resource<'GroupMember'>

export function Members({ group }: { group: string }) {
  const { isAdmin } = useRights()
  const [isAdding, setIsAdding] = useState(false)
  const add = (
    <Button variant="default" onClick={() => setIsAdding(true)}>
      Add a person
    </Button>
  )
  return (
    <Section title="Members" description="People, who have what the group gives." actions={isAdmin ? add : undefined}>
      <MemberListing
        group={group}
        kind="personal"
        label="Members"
        pathOf={account => `/users/${encodeURIComponent(account)}`}
        empty={
          <Empty icon="user" title="Nobody is in it yet">
            {isAdmin ? 'Add people, and they have its roles from their next login.' : 'An admin puts people in.'}
          </Empty>
        }
      />
      {isAdding && <AddMember group={group} onClose={() => setIsAdding(false)} />}
    </Section>
  )
}

export function Machines({ group }: { group: string }) {
  return (
    <Section title="Service accounts" description="Machines, whose only roles are those of their groups.">
      <MemberListing
        group={group}
        kind="service"
        label="Service accounts"
        pathOf={account => `/service-accounts/${encodeURIComponent(account)}`}
        empty={
          <Empty icon="robot" title="No service account is in it">
            A service account gets its groups where it is made or edited.
          </Empty>
        }
      />
    </Section>
  )
}

interface MemberListingProps {
  readonly group: string
  readonly kind: Member['kind']
  readonly label: string
  readonly pathOf: (account: string) => string
  readonly empty: ReactNode
}

function MemberListing({ group, kind, label, pathOf, empty }: MemberListingProps) {
  const { isAdmin } = useRights()
  const [leaving, setLeaving] = useState<Member | null>(null)
  const find = useFind(
    ['groups', group, 'members', kind],
    page => api.GET('/v1/groups/{group}/members', { params: { path: { group }, query: { ...page, kind } } }),
    kind === 'personal' ? 'member' : 'service-account',
  )
  return (
    <>
      <FindField find={find} label={kind === 'personal' ? 'Find a member' : 'Find a service account'} />
      <Listing
        label={label}
        list={find.list}
        keyOf={({ account }) => account}
        empty={
          find.list.searchedFor !== '' ? <NoneFound find={find} title="No account matches" searched="Names" /> : empty
        }
        columns={[
          {
            label: 'Account',
            show: ({ account }) => (
              <Link className="record-link mono" to={pathOf(account)}>
                {account}
              </Link>
            ),
          },
          { label: 'State', show: ({ state }) => <StateBadge state={state} /> },
          { label: 'In it since', show: ({ since }) => <Time at={since} /> },
          {
            label: '',
            atEnd: true,
            show: member =>
              isAdmin ? (
                <Button size="compact-sm" variant="default" onClick={() => setLeaving(member)}>
                  Remove<span className="visually-hidden"> {member.account}</span>
                </Button>
              ) : null,
          },
        ]}
      />
      {leaving && <RemoveMember group={group} account={leaving.account} onClose={() => setLeaving(null)} />}
    </>
  )
}

function AddMember({ group, onClose }: { group: string; onClose: () => void }) {
  const [account, setAccount] = useState<string | null>(null)
  const adding = useAction(
    (account: string) => api.PUT('/v1/groups/{group}/members/{account}', { params: { path: { group, account } } }),
    { onDone: onClose },
  )
  return (
    <FormDialog
      title={`Add a person to ${group}`}
      deed="Add"
      onClose={onClose}
      action={adding}
      isDisabled={account === null}
      onSubmit={() => {
        if (account !== null) adding.run(account)
      }}
    >
      <SearchSelect
        label="Person"
        placeholder="Choose one"
        nothingFound="No person matches: invite them under Users."
        useFound={usePeople}
        toChoice={({ email }) => ({ value: email })}
        value={account}
        onChange={setAccount}
      />
    </FormDialog>
  )
}

function RemoveMember({ group, account, onClose }: { group: string; account: string; onClose: () => void }) {
  const live = useLive({ account }, '0 live sessions')
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Take ${account} out of ${group}?`}
      deed="Take out"
      act={() => api.DELETE('/v1/groups/{group}/members/{account}', { params: { path: { group, account } } })}
      // Which of its sessions depend on the group is known to the proxies only.
      onDone={() => watchChange({ title: `Took ${account} out of ${group}`, sessions: [] })}
    >
      {account} loses what only this group gives. It has {live.words}: those that depend on the group end, and those of
      pinned service accounts of a person who leaves.
    </ConfirmDialog>
  )
}
