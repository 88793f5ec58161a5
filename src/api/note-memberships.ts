// Tells the audit log which groups an account came into and left, in the words of the routes for members: so it is found under
// the account and under the group, whichever way it happened.

import type { Note } from './audit-trail.js'

/** @param groups the names of its groups before and after the change */
export function noteMemberships(
  note: Note,
  account: string,
  { before, after }: { readonly before: readonly string[]; readonly after: readonly string[] },
): void {
  for (const group of before.filter(name => !after.includes(name))) {
    note({ action: 'group-member.remove', target: `${group} ${account}`, before: { account } })
  }
  for (const group of after.filter(name => !before.includes(name))) {
    note({ action: 'group-member.add', target: `${group} ${account}`, after: { account } })
  }
}
