// The pages that stand in the navigation, as the routes say.

import { Stack } from '@mantine/core'
import { NavLink } from 'react-router'
import { ROUTES } from '../page-route.js'
import { Icon } from '../parts/icon.js'
import { useMe } from '../session.js'

const ENTRIES = ROUTES.flatMap(({ nav }) => nav ?? []).sort((a, b) => a.order - b.order)

export function Navigation({ onChosen }: { onChosen: () => void }) {
  const me = useMe()
  return (
    <Stack component="nav" aria-label="Main" gap={2}>
      {ENTRIES.filter(({ visible }) => visible?.(me) ?? true).map(({ label, icon, to }) => (
        <NavLink key={to} to={to} className="nav-link" onClick={onChosen}>
          <Icon name={icon} />
          {label}
        </NavLink>
      ))}
    </Stack>
  )
}
