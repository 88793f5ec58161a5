// Finds a TCP port of 127.0.0.1 that nobody listens on.

import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** Asks the kernel for a free port. Another program may take it before it is used: be ready to ask again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
