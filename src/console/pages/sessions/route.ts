import type { PageRoute } from '../../page-route.js'

export const route: PageRoute = {
  path: '/sessions',
  load: () => import('./sessions-page.js'),
  nav: { label: 'Sessions', icon: 'plug', order: 40, to: '/sessions' },
}
