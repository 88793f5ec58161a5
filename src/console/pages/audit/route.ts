import type { PageRoute } from '../../page-route.js'
import { seesAll } from '../../session.js'

export const route: PageRoute = {
  path: '/audit',
  load: () => import('./audit-page.js'),
  nav: { label: 'Audit', icon: 'audit', order: 50, to: '/audit', visible: seesAll },
}
