// A TCP gate between the proxy and its database: it can hold everything back, cut connections without a word, and tells
// what the proxy has sent.

import net from 'node:net'
import type { Test } from 'tap'
import { moveDatabase } from '../../src/store/databases.js'
import type { World } from './world.js'

/** How much of what the proxy sent is kept for each connection. */
const KEPT_BYTES = 65_536

// The code of a CancelRequest: 1234.5678 (manual, "Message Formats").
const CANCEL_CODE = Buffer.from([0x04, 0xd2, 0x16, 0x2e])

export interface Gate {
  readonly port: number
  /** What the proxy has sent on each connection so far, the first 64 KiB of it, in order of connecting. */
  readonly sent: readonly Buffer[]
  /** How many CancelRequests have come through. */
  readonly cancels: number
  /** How many connections are open. */
  readonly open: number
  /** Lets nothing through from now on, in either direction; connections are still taken. */
  hold(): void
  release(): void
  /** Resets every connection on the proxy's side; the database sees the end. */
  cut(): void
}

/** Makes a gate before a server; it ends with the test. */
export async function makeGate(t: Test, target: { readonly host: string; readonly port: number }): Promise<Gate> {
  const pairs: { readonly near: net.Socket; readonly far: net.Socket; kept: Buffer }[] = []
  let isHeld = false
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, near => {
    const far = net.connect({ ...target, allowHalfOpen: true, noDelay: true })
    const pair = { near, far, kept: Buffer.alloc(0) }
    pairs.push(pair)
    near.on('data', (chunk: Buffer) => {
      if (pair.kept.length < KEPT_BYTES) pair.kept = Buffer.concat([pair.kept, chunk])
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroySoon())
      from.on('data', (chunk: Buffer) => {
        if (!to.write(chunk)) from.pause()
      })
      from.on('end', () => to.end())
      to.on('drain', () => {
        if (!isHeld) from.resume()
      })
      if (isHeld) from.pause()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy()
  })
  const all = () => pairs.flatMap(({ near, far }) => [near, far])
  return {
    port: (server.address() as net.AddressInfo).port,
    get sent() {
      return pairs.map(({ kept }) => kept)
    },
    get cancels() {
      return pairs.filter(({ kept }) => kept.includes(CANCEL_CODE)).length
    },
    get open() {
      return pairs.filter(({ near }) => !near.destroyed).length
    },
    hold() {
      isHeld = true
      for (const socket of all()) socket.pause()
    },
    release() {
      isHeld = false
      for (const socket of all()) socket.resume()
    },
    cut() {
      for (const { near } of pairs) near.resetAndDestroy()
    },
  }
}

/** Puts a gate between a world's proxy and its database. For the whole world, so before anyone logs in. */
export async function gateWorld(t: Test, world: World): Promise<Gate> {
  const gate = await makeGate(t, world.server)
  await moveDatabase(world.store, world.database.id, { host: '127.0.0.1', port: gate.port })
  return gate
}
