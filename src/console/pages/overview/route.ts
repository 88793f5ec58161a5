import type { PageRoute } from '../../page-route.js'

export const route: PageRoute = {
  path: '/overview',
  load: () => import('./overview-page.js'),
  nav: { label: 'Overview', icon: 'gauge', order: 10, to: '/overview' },
}
