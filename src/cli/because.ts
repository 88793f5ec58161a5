// Why an account has a role on a database, in a few words.

import type { components } from '../sdk/openapi.js'

type Because = components['schemas']['Because']

export function becauseText({ rule, group, maker, pinned }: Because): string {
  switch (rule) {
    case 'direct':
      return 'a grant of its own'
    case 'group':
      return `group ${group ?? '?'}`
    case 'pinned':
      return 'chosen when it was made'
    case 'capped-by-maker':
      return `${maker ?? 'its maker'} has no more; it was made ${pinned ?? 'more'}`
  }
}
