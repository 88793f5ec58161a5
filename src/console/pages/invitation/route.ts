import type { PageRoute } from '../../page-route.js'

export const route: PageRoute = { path: '/invitation', load: () => import('./invitation-page.js'), isPublic: true }
