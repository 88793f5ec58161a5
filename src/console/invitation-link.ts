// The secret of an invitation's link: taken from the address at once, so that neither the address bar nor the history
// of the browser shows it, and kept in this page's memory alone.

let secret: string | null = null

export function takeInvitation(): void {
  if (location.pathname !== '/invitation' || location.hash.length < 2) return
  secret = location.hash.slice(1)
  history.replaceState(history.state, '', location.pathname)
}

/** The secret of the link that this page was opened with; null: with none. */
export function invitationSecret(): string | null {
  return secret
}

export function forgetInvitation(): void {
  secret = null
}
