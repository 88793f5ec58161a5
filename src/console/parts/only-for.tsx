// A page that is for some only, reached by a link: it says so, in place of what they may not see.

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useMe, useRights } from '../session.js'
import { Empty } from './empty.js'
import { PageFrame } from './page-frame.js'

interface OnlyForProps {
  /** observers: admins and viewers. */
  readonly who: 'admins' | 'observers'
  readonly title: string
  readonly children: ReactNode
}

const WORDS = { admins: 'Only admins', observers: 'Only admins and viewers' }

export function OnlyFor({ who, title, children }: OnlyForProps) {
  const { account } = useMe()
  const { isAdmin, seesAll } = useRights()
  if (who === 'admins' ? isAdmin : seesAll) return children
  return (
    <PageFrame title={title}>
      <div className="card">
        <Empty
          icon="shield"
          title={`${WORDS[who]} of the organization see this page`}
          action={
            <Button component={Link} to="/" variant="default">
              Go to the start
            </Button>
          }
        >
          You are signed in as {account.email},{' '}
          {account.org_role === null ? 'a service account' : `a ${account.org_role}`}. Ask an admin to look, or to
          change your role.
        </Empty>
      </div>
    </PageFrame>
  )
}
