import type { PageRoute } from '../../page-route.js'
import { seesAll } from '../../session.js'

const users = () => import('./users-page.js')

export const route: readonly PageRoute[] = [
  {
    path: '/users',
    load: users,
    nav: { label: 'Users', icon: 'user', order: 70, to: '/users', visible: seesAll },
  },
  { path: '/users/invitations', load: users },
  { path: '/users/:email', load: () => import('./user-page.js') },
]
