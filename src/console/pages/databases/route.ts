import type { PageRoute } from '../../page-route.js'

export const route: PageRoute = {
  path: '/databases',
  load: () => import('./databases-page.js'),
  nav: { label: 'Databases', icon: 'database', order: 20, to: '/databases' },
}
