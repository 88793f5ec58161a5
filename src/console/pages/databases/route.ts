import type { PageRoute } from '../../page-route.js'

export const route: readonly PageRoute[] = [
  {
    path: '/databases',
    load: () => import('./databases-page.js'),
    nav: { label: 'Databases', icon: 'database', order: 20, to: '/databases' },
  },
  { path: '/databases/:name/:tab?', load: () => import('./database-page.js') },
]
