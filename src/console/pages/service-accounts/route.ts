import type { PageRoute } from '../../page-route.js'

export const route: readonly PageRoute[] = [
  {
    path: '/service-accounts',
    load: () => import('./service-accounts-page.js'),
    nav: { label: 'Service accounts', icon: 'robot', order: 30, to: '/service-accounts' },
  },
  { path: '/service-accounts/:name', load: () => import('./service-account-page.js') },
]
