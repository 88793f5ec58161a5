// Finds busy ports before anything is started, so that the error can say which one it is and how to choose another.

import { createServer } from 'node:net'

export interface WantedPort {
  /** What it is for: "the proxy". */
  readonly what: string
  readonly port: number
  /** The option that changes it: `--port`. */
  readonly flag: string
}

export class PortBusyError extends Error {
  readonly hint: string

  constructor({ what, port, flag }: WantedPort, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'EACCES' ? 'may not be used by this user' : 'is in use'
    super(`port ${port}, wanted for ${what}, ${why}`, { cause })
    this.name = 'PortBusyError'
    this.hint = `stop what listens there, or choose another port with ${flag}: npm start -- ${flag} ${port + 1}`
  }
}

/** Rejects with a PortBusyError for the first port that can't be listened on. Port 0 is always free. */
export async function requireFreePorts(host: string, wanted: readonly WantedPort[]): Promise<void> {
  for (const each of wanted) await requireFree(host, each)
}

function requireFree(host: string, wanted: WantedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortBusyError(wanted, error)))
    server.listen({ host, port: wanted.port, exclusive: true }, () => server.close(() => resolve()))
  })
}
