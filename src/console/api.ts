// The console's way to the API: the SDK with the browser's cookie, and beside it the token against forged requests, which
// is known to this page only while it is open.

import { ApiError, createPostern } from '../sdk/client.js'
import type { components } from '../sdk/openapi.js'

export { ApiError }

/** A resource of the API by the name that its document has for it. */
export type Resource<Name extends keyof components['schemas']> = components['schemas'][Name]

let csrfToken: string | null = null

/** Every request of the console. Rejects with ApiError when the API says no. */
export const api = createPostern({
  url: location.origin,
  token: '',
  fetch: request => {
    if (csrfToken !== null && request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken)
    return fetch(request)
  },
})

/** Takes the token of a new session, or of none. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/** Tells whether an error says that nobody is signed in (any more). */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'login_needed' || error.code === 'session_ended')
}
