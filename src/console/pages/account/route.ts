import type { PageRoute } from '../../page-route.js'

export const route: PageRoute = { path: '/account', load: () => import('./account-page.js') }
