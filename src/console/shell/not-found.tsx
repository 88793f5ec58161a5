// An address that no page has.

import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Empty } from '../parts/empty.js'
import { PageFrame } from '../parts/page-frame.js'

export function NotFound() {
  return (
    <PageFrame title="Not found">
      <div className="card">
        <Empty
          icon="search"
          title="There is no page at this address"
          action={
            <Button component={Link} to="/" variant="default">
              Go to the start
            </Button>
          }
        >
          The link may be from an older version, or cut short.
        </Empty>
      </div>
    </PageFrame>
  )
}
