import type { PageRoute } from '../../page-route.js'
import { seesAll } from '../../session.js'

export const route: readonly PageRoute[] = [
  {
    path: '/groups',
    load: () => import('./groups-page.js'),
    nav: { label: 'Groups', icon: 'group', order: 60, to: '/groups', visible: seesAll },
  },
  { path: '/groups/:group', load: () => import('./group-page.js') },
]
