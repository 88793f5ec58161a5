// The deadlines of a login: one for all of it, and within it one for each part in which the client keeps the proxy waiting. So
// who connects and says nothing is gone sooner than an honest login may take.

export interface LoginTimeouts {
  /** From accept to the admission. */
  readonly loginMs: number
  /** From accept until the client has sent a whole start-up packet, its TLS handshake included. */
  readonly startupMs: number
  /** From then until it has proved who it is. */
  readonly challengeMs: number
}

export class LoginDeadline {
  readonly #timeouts: LoginTimeouts
  readonly #expire: () => void
  readonly #whole: NodeJS.Timeout
  #part: NodeJS.Timeout | undefined

  /** Begins with the start-up. Calls `expire` once a deadline has passed; it may be called more than once. */
  constructor(timeouts: LoginTimeouts, expire: () => void) {
    this.#timeouts = timeouts
    this.#expire = expire
    this.#whole = setTimeout(expire, timeouts.loginMs)
    this.#part = setTimeout(expire, timeouts.startupMs)
  }

  /** The start-up is over; now the client proves who it is. */
  challenged(): void {
    clearTimeout(this.#part)
    this.#part = setTimeout(this.#expire, this.#timeouts.challengeMs)
  }

  /** The client has done its part. */
  proved(): void {
    clearTimeout(this.#part)
  }

  end(): void {
    clearTimeout(this.#whole)
    clearTimeout(this.#part)
  }
}
