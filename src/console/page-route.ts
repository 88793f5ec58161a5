// A page of the console: a folder of `pages` with a `route.ts` that says where it is and how it is found. Adding one
// touches no other file.

import type { ComponentType } from 'react'
import type { IconName } from './parts/icon.js'
import type { Me } from './session.js'

export interface PageRoute {
  /** As in `/databases/:name/:tab?`; names of the API that hold a slash are percent-encoded. */
  readonly path: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
  /** Its place in the navigation; left out: it is reached from other pages. */
  readonly nav?: {
    readonly label: string
    readonly icon: IconName
    /** From the top; leave gaps. */
    readonly order: number
    readonly to: string
    /** Default: everybody sees it. */
    readonly visible?: (me: Me) => boolean
  }
  /** For who is not signed in: shown without the frame of the console. */
  readonly isPublic?: boolean
}

const found = import.meta.glob<{ readonly route: PageRoute | readonly PageRoute[] }>('./pages/*/route.ts', {
  eager: true,
})

export const ROUTES: readonly PageRoute[] = Object.values(found).flatMap(({ route }) => route)
